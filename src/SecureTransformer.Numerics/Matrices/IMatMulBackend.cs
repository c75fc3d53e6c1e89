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

    /// <summary>Begins c = a b, or c = a b^T, and returns: <paramref name="a"/> has been taken over, the product is computed while others are begun and rows are read.</summary>
    /// <param name="a">The left-hand side, m x k; m x n if transposed.</param>
    /// <param name="b">The right-hand side, k x n, made by this backend. It is neither written nor disposed before the product is.</param>
    /// <param name="transposed">Whether the transpose of <paramref name="b"/> is the right-hand side: the product is m x k.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <returns>The product; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="b"/> is of another backend.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    IPendingProduct Begin(MatrixView a, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1);

    /// <summary>
    /// Begins c = [a0 | a1] b; or, transposed, c = a0 b0^T + a1 b1^T, where b is b0 on b1, of as many rows: as
    /// <see cref="RingMatrix.MultiplyTransposed(MatrixView, MatrixView, PackedMatrix, Span{ulong}, int, bool, int)"/>.
    /// </summary>
    /// <param name="a0">The first piece of the left-hand side, m x k0; m x n if transposed.</param>
    /// <param name="a1">The second piece of the left-hand side, m x k1; m x n if transposed.</param>
    /// <param name="b">The right-hand side, (k0 + k1) x n, or 2k x n, made by this backend. It is neither written nor disposed before the product is.</param>
    /// <param name="transposed">Whether the transposes of the halves of <paramref name="b"/> are the right-hand sides: the product is m x k.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <returns>The product; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="b"/> is of another backend.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    IPendingProduct Begin(MatrixView a0, MatrixView a1, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1);

    /// <summary>
    /// Begins many products of right-hand sides that are used once, as attention has them: c_i = a0_i b0_i, or c_i = a0_i b0_i + a1_i b1_i. The operands have been
    /// taken over on return.
    /// </summary>
    /// <param name="shape">The shape.</param>
    /// <param name="a0">The left-hand sides, one after another, row by row.</param>
    /// <param name="b0">The right-hand sides, one after another, row by row as stored.</param>
    /// <param name="a1">The second left-hand sides; nothing for one product each.</param>
    /// <param name="b1">The second right-hand sides; nothing for one product each.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <returns>The products, one below the other; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">An operand has another length than the shape says.</exception>
    IPendingProduct BeginBatch(
        BatchShape shape, ReadOnlySpan<ulong> a0, ReadOnlySpan<ulong> b0, ReadOnlySpan<ulong> a1 = default, ReadOnlySpan<ulong> b1 = default, int maxDegreeOfParallelism = 1);
}
