namespace SecureTransformer.Numerics;

/// <summary>The columns of a right-hand side in panels of 24: those of a <see cref="PackedMatrix"/>, or of a plain matrix in place.</summary>
/// <remarks>Whoever holds the memory keeps it alive. The last panel of a packed matrix is 8, 16 or 24 wide.</remarks>
internal readonly unsafe struct Panels
{
    private readonly ulong* _pointer;
    private readonly nint _panelStride;
    private readonly nint _rowStride;

    private Panels(ulong* pointer, int columns, nint panelStride, nint rowStride)
    {
        _pointer = pointer;
        _panelStride = panelStride;
        _rowStride = rowStride;
        Columns = columns;
    }

    public int Columns { get; }

    public int Count => (int)((Columns + (PackedMatrix.PanelWidth - 1L)) / PackedMatrix.PanelWidth);

    public ulong* this[int panel] => _pointer + panel * _panelStride;

    public static Panels OfPacked(ulong* pointer, int rows, int columns) => new(pointer, columns, (nint)PackedMatrix.PanelWidth * rows, 0);

    /// <summary>A matrix in rows. The columns must be a multiple of 8: a tile reads whole vectors.</summary>
    public static Panels InPlace(ulong* pointer, int columns, nint rowStride) => new(pointer, columns, PackedMatrix.PanelWidth, rowStride);

    public int Width(int panel)
    {
        int columns = Math.Min(PackedMatrix.PanelWidth, Columns - panel * PackedMatrix.PanelWidth);
        return (columns + PackedMatrix.VectorWidth - 1) / PackedMatrix.VectorWidth * PackedMatrix.VectorWidth;
    }

    public nint RowStride(int panel) => _rowStride == 0 ? Width(panel) : _rowStride;
}
