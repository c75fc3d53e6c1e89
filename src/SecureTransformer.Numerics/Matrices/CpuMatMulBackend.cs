namespace SecureTransformer.Numerics;

/// <summary>Matrix products on the processor: <see cref="RingMatrix"/> and <see cref="PackedMatrix"/>.</summary>
/// <remarks>A product that was begun keeps copies of its operands and computes rows when they are read, on the reader's time.</remarks>
/// <param name="pool">Where memory comes from and goes back to, zeroed; null for the system. Not disposed with the backend.</param>
public sealed class CpuMatMulBackend(SecretBufferPool? pool) : IMatMulBackend
{
    /// <summary>Initializes a new instance of the <see cref="CpuMatMulBackend"/> class, with memory of the system.</summary>
    public CpuMatMulBackend()
        : this(null)
    {
    }

    /// <inheritdoc/>
    public IPackedMatrix Create(int rows, int columns) => PackedMatrix.Create(rows, columns, pool);

    /// <inheritdoc/>
    public void Multiply(MatrixView a, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        RingMatrix.Multiply(a, Own(b), c, cRowStride, accumulate, maxDegreeOfParallelism);

    /// <inheritdoc/>
    public void Multiply(MatrixView a0, MatrixView a1, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        RingMatrix.Multiply(a0, a1, Own(b), c, cRowStride, accumulate, maxDegreeOfParallelism);

    /// <inheritdoc/>
    public IPendingProduct Begin(MatrixView a, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1)
    {
        int columns = ProductShapes.Columns(a, b, transposed);
        return new CpuPackedProduct(a, default, Own(b), columns, transposed, maxDegreeOfParallelism, pool);
    }

    /// <inheritdoc/>
    public IPendingProduct Begin(MatrixView a0, MatrixView a1, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1)
    {
        int columns = ProductShapes.Columns(a0, a1, b, transposed);
        return new CpuPackedProduct(a0, a1, Own(b), columns, transposed, maxDegreeOfParallelism, pool);
    }

    /// <inheritdoc/>
    public IPendingProduct BeginBatch(
        BatchShape shape, ReadOnlySpan<ulong> a0, ReadOnlySpan<ulong> b0, ReadOnlySpan<ulong> a1 = default, ReadOnlySpan<ulong> b1 = default, int maxDegreeOfParallelism = 1)
    {
        shape.Check(a0, b0, a1, b1);
        return new CpuBatchProduct(shape, a0, b0, a1, b1, maxDegreeOfParallelism, pool);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static PackedMatrix Own(IPackedMatrix b)
    {
        ArgumentNullException.ThrowIfNull(b);
        return b as PackedMatrix ?? throw new ArgumentException($"The packed matrix is a {b.GetType().Name}, made by another backend.", nameof(b));
    }
}
