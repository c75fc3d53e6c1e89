namespace SecureTransformer.Numerics;

/// <summary>Products of secrets side by side, computed on the processor when rows are read.</summary>
internal sealed class CpuBatchProduct : IPendingProduct
{
    private readonly BatchShape _shape;
    private readonly CpuOperand[] _left;
    private readonly CpuOperand[] _right;
    private readonly int _maxDegreeOfParallelism;
    private bool _disposed;

    public CpuBatchProduct(
        BatchShape shape, ReadOnlySpan<ulong> a0, ReadOnlySpan<ulong> b0, ReadOnlySpan<ulong> a1, ReadOnlySpan<ulong> b1, int maxDegreeOfParallelism, SecretBufferPool? pool)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDegreeOfParallelism, 1);
        _shape = shape;
        _maxDegreeOfParallelism = maxDegreeOfParallelism;
        _left = a1.IsEmpty ? [Left(a0, pool)] : [Left(a0, pool), Left(a1, pool)];
        _right = a1.IsEmpty ? [Right(b0, pool)] : [Right(b0, pool), Right(b1, pool)];
    }

    public int Rows => _shape.Count * _shape.Rows;

    public int Columns => _shape.Columns;

    private int StoredRows => _shape.TransposeRight ? _shape.Columns : _shape.Inner;

    public void Read(int firstRow, int rows, Span<ulong> target, int rowStride, bool accumulate = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProductShapes.CheckRead(this, firstRow, rows, target.Length, rowStride);
        for (int done = 0; done < rows;)
        {
            (int matrix, int row) = Math.DivRem(firstRow + done, _shape.Rows);
            int some = Math.Min(_shape.Rows - row, rows - done);
            for (int term = 0; term < _left.Length; term++)
            {
                MatrixView right = _right[term].View(matrix * StoredRows, StoredRows);
                RingMatrix.Multiply(
                    _left[term].View(firstRow + done, some),
                    _shape.TransposeRight ? right.Transpose() : right,
                    target[(done * rowStride)..],
                    rowStride,
                    accumulate || term > 0,
                    _maxDegreeOfParallelism);
            }

            done += some;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (CpuOperand operand in (CpuOperand[])[.. _left, .. _right])
        {
            operand.Dispose();
        }
    }

    public override string ToString() => $"{nameof(CpuBatchProduct)}[{_shape.Count} x {_shape.Rows} x {_shape.Columns}]";

    private CpuOperand Left(ReadOnlySpan<ulong> words, SecretBufferPool? pool) => new(new MatrixView(words, _shape.Count * _shape.Rows, _shape.Inner), pool);

    private CpuOperand Right(ReadOnlySpan<ulong> words, SecretBufferPool? pool) =>
        new(new MatrixView(words, _shape.Count * StoredRows, _shape.TransposeRight ? _shape.Inner : _shape.Columns), pool);
}
