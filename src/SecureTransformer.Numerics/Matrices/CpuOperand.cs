namespace SecureTransformer.Numerics;

/// <summary>A copy of a matrix, row by row without gaps, in native memory that is zeroed on dispose.</summary>
internal sealed unsafe class CpuOperand : IDisposable
{
    private readonly NativeWords _words;

    public CpuOperand(MatrixView source, SecretBufferPool? pool)
    {
        Rows = source.Rows;
        Columns = source.Columns;
        _words = new NativeWords((long)Rows * Columns, pool);
        fixed (ulong* from = source.Values)
        {
            if (source.IsTransposed)
            {
                BlockTranspose.Copy(_words.Pointer, Columns, from, source.RowStride, Columns, Rows, false);
                return;
            }

            for (int i = 0; i < Rows; i++)
            {
                source.Values.Slice(i * source.RowStride, Columns).CopyTo(new Span<ulong>(_words.Pointer + (nint)i * Columns, Columns));
            }
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Some of the rows.</summary>
    public MatrixView View(int firstRow, int rows) => new(new ReadOnlySpan<ulong>(_words.Pointer + (nint)firstRow * Columns, checked(rows * Columns)), rows, Columns);

    public void Dispose() => _words.Dispose();
}
