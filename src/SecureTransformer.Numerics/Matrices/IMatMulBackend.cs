namespace SecureTransformer.Numerics;

/// <summary>Where matrix products modulo 2^64 are computed.</summary>
public interface IMatMulBackend : IDisposable
{
    /// <summary>Makes a right-hand side of zeros, to be written block by block.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <returns>The right-hand side; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative or the matrix too large.</exception>
    IPackedMatrix Create(int rows, int columns);

    /// <summary>c = a b, or c += a b.</summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b">The right-hand side, k x n, made by this backend.</param>
    /// <param name="c">The product, m x n; not part of <paramref name="a"/>.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="b"/> is of another backend.</exception>
    void Multiply(MatrixView a, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1);

    /// <summary>c = [a0 | a1] b, or c += [a0 | a1] b.</summary>
    /// <param name="a0">The left columns of the left-hand side, m x k0.</param>
    /// <param name="a1">The right columns of the left-hand side, m x k1.</param>
    /// <param name="b">The right-hand side, (k0 + k1) x n, made by this backend.</param>
    /// <param name="c">The product, m x n; not part of <paramref name="a0"/> or <paramref name="a1"/>.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="b"/> is of another backend.</exception>
    void Multiply(MatrixView a0, MatrixView a1, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1);
}
