using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Randomness out of contributions of which some are known to the adversary (Damgard and Nielsen, "Scalable and unconditionally secure multiparty computation",
/// CRYPTO 2007, protocol Double-Random): the product of a transposed Vandermonde matrix, n - t rows, with one contribution of each of n parties. Whatever t of the contributions
/// are, the n - t results are uniform and independent if the others are, since any n - t columns of the matrix are invertible.
/// </summary>
public static class RandomnessExtraction
{
    /// <summary>The matrix over a prime field: row k is the k-th power of each party's point.</summary>
    /// <typeparam name="T">The field, of more than <see cref="ShamirPoints.MaxParties"/> elements.</typeparam>
    /// <param name="parties">n, the number of contributions.</param>
    /// <param name="threshold">t, how many of them may be known.</param>
    /// <returns>A matrix of (n - t) x n, row by row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static T[] Matrix<T>(int parties, int threshold)
        where T : struct, IField<T>
    {
        ShamirPoints.Check(parties, threshold);
        var matrix = new T[(parties - threshold) * parties];
        for (int i = 0; i < parties; i++)
        {
            T point = ShamirPoints.Of<T>(i);
            T power = T.One;
            for (int k = 0; k < parties - threshold; k++)
            {
                matrix[(k * parties) + i] = power;
                power *= point;
            }
        }

        return matrix;
    }

    /// <summary>The matrix over a binary field: row k is the k-th power of each party's point.</summary>
    /// <param name="field">The field, with a point for each party.</param>
    /// <param name="parties">n, the number of contributions.</param>
    /// <param name="threshold">t, how many of them may be known.</param>
    /// <returns>A matrix of (n - t) x n, row by row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static int[] Matrix(BinaryField field, int parties, int threshold)
    {
        ArgumentNullException.ThrowIfNull(field);
        ShamirPoints.Check(parties, threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parties, field.Order);
        var matrix = new int[(parties - threshold) * parties];
        for (int i = 0; i < parties; i++)
        {
            for (int k = 0; k < parties - threshold; k++)
            {
                matrix[(k * parties) + i] = field.Power(ShamirPoints.OfBits(i), k);
            }
        }

        return matrix;
    }
}
