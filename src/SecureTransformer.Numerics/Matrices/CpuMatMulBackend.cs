namespace SecureTransformer.Numerics;

/// <summary>Matrix products on the processor: <see cref="RingMatrix"/> and <see cref="PackedMatrix"/>.</summary>
public sealed class CpuMatMulBackend : IMatMulBackend
{
    /// <inheritdoc/>
    public IPackedMatrix Create(int rows, int columns) => PackedMatrix.Create(rows, columns);

    /// <inheritdoc/>
    public void Multiply(MatrixView a, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        RingMatrix.Multiply(a, Own(b), c, cRowStride, accumulate, maxDegreeOfParallelism);

    /// <inheritdoc/>
    public void Multiply(MatrixView a0, MatrixView a1, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        RingMatrix.Multiply(a0, a1, Own(b), c, cRowStride, accumulate, maxDegreeOfParallelism);

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
