namespace SecureTransformer.Numerics;

/// <summary>A matrix as it lies in memory, or nothing; whoever holds the memory keeps it alive.</summary>
internal readonly unsafe struct PlainMatrix(ulong* pointer, nint rowStride, nint columnStride)
{
    public ulong* Pointer { get; } = pointer;

    public nint RowStride { get; } = rowStride;

    public nint ColumnStride { get; } = columnStride;

    public PlainMatrix From(nint row, nint column) => Pointer == null ? default : new(Pointer + row * RowStride + column * ColumnStride, RowStride, ColumnStride);
}
