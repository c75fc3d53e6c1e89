namespace SecureTransformer.Numerics;

/// <summary>A product with a packed matrix, computed on the processor when rows are read.</summary>
internal sealed class CpuPackedProduct : IPendingProduct
{
    private readonly CpuOperand _first;
    private readonly CpuOperand? _second;
    private readonly PackedMatrix _right;
    private readonly bool _transposed;
    private readonly int _maxDegreeOfParallelism;
    private bool _disposed;

    public CpuPackedProduct(MatrixView a0, MatrixView a1, PackedMatrix b, int columns, bool transposed, int maxDegreeOfParallelism, SecretBufferPool? pool)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDegreeOfParallelism, 1);
        ObjectDisposedException.ThrowIf(b.Handle.IsClosed, b);
        Rows = a0.Rows;
        Columns = columns;
        _transposed = transposed;
        _maxDegreeOfParallelism = maxDegreeOfParallelism;
        _right = b;
        _first = new CpuOperand(a0, pool);
        _second = a1.Rows == 0 && a1.Columns == 0 ? null : new CpuOperand(a1, pool);
    }

    public int Rows { get; }

    public int Columns { get; }

    public void Read(int firstRow, int rows, Span<ulong> target, int rowStride, bool accumulate = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProductShapes.CheckRead(this, firstRow, rows, target.Length, rowStride);
        MatrixView first = _first.View(firstRow, rows);
        if (_second is null)
        {
            if (_transposed)
            {
                RingMatrix.MultiplyTransposed(first, _right, target, rowStride, accumulate, _maxDegreeOfParallelism);
            }
            else
            {
                RingMatrix.Multiply(first, _right, target, rowStride, accumulate, _maxDegreeOfParallelism);
            }

            return;
        }

        MatrixView second = _second.View(firstRow, rows);
        if (_transposed)
        {
            RingMatrix.MultiplyTransposed(first, second, _right, target, rowStride, accumulate, _maxDegreeOfParallelism);
        }
        else
        {
            RingMatrix.Multiply(first, second, _right, target, rowStride, accumulate, _maxDegreeOfParallelism);
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _first.Dispose();
            _second?.Dispose();
        }
    }

    public override string ToString() => $"{nameof(CpuPackedProduct)}[{Rows} x {Columns}]";
}
