namespace SecureTransformer.Numerics;

/// <summary>
/// The columns of a right-hand side in panels of 24: those of a <see cref="PackedMatrix"/>, of a plain matrix in place, or of one, or the sum of two, of which pieces are
/// copied as they are needed.
/// </summary>
/// <remarks>Whoever holds the memory keeps it alive. The last panel of a packed or copied matrix is 8, 16 or 24 wide.</remarks>
internal readonly unsafe struct Panels
{
    private readonly ulong* _pointer;
    private readonly nint _panelStride;
    private readonly nint _rowStride;
    private readonly PlainMatrix _source;
    private readonly PlainMatrix _addend;

    private Panels(ulong* pointer, int columns, nint panelStride, nint rowStride)
    {
        _pointer = pointer;
        _panelStride = panelStride;
        _rowStride = rowStride;
        Columns = columns;
    }

    private Panels(PlainMatrix source, PlainMatrix addend, int columns)
        : this(null, columns, 0, 0)
    {
        IsCopied = true;
        _source = source;
        _addend = addend;
    }

    public int Columns { get; }

    /// <summary>Whether what a product needs is copied piece by piece.</summary>
    public bool IsCopied { get; }

    public int Count => (int)((Columns + (PackedMatrix.PanelWidth - 1L)) / PackedMatrix.PanelWidth);

    /// <summary>The first row of a panel; not of a copied matrix.</summary>
    public ulong* this[int panel] => _pointer + panel * _panelStride;

    public static Panels OfPacked(ulong* pointer, int rows, int columns) => new(pointer, columns, (nint)PackedMatrix.PanelWidth * rows, 0);

    /// <summary>A matrix in rows. The columns must be a multiple of 8: a tile reads whole vectors.</summary>
    public static Panels InPlace(ulong* pointer, int columns, nint rowStride) => new(pointer, columns, PackedMatrix.PanelWidth, rowStride);

    /// <summary>A matrix as it lies, or the sum of two if the second is not nothing.</summary>
    public static Panels Copied(PlainMatrix source, PlainMatrix addend, int columns) => new(source, addend, columns);

    /// <summary>Rows of a panel, <see cref="RowStride"/> apart: where they are, or copied to <paramref name="scratch"/>, 24 words a row.</summary>
    public ulong* Rows(int panel, nint row, int count, ulong* scratch)
    {
        int width = Width(panel);
        if (!IsCopied)
        {
            return this[panel] + row * RowStride(panel);
        }

        int column = panel * PackedMatrix.PanelWidth;
        PanelPacking.Copy(scratch, width, _source.From(row, column), _addend.From(row, column), count, Math.Min(width, Columns - column));
        return scratch;
    }

    public int Width(int panel)
    {
        int columns = Math.Min(PackedMatrix.PanelWidth, Columns - panel * PackedMatrix.PanelWidth);
        return (columns + PackedMatrix.VectorWidth - 1) / PackedMatrix.VectorWidth * PackedMatrix.VectorWidth;
    }

    public nint RowStride(int panel) => _rowStride == 0 ? Width(panel) : _rowStride;
}
