using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>Lagrange interpolation as linear maps: a polynomial's value at one point is a sum of its values at others, with public coefficients.</summary>
public static class Lagrange
{
    /// <summary>The coefficients l_i with f(at) = sum of l_i f(x_i) for every polynomial f of degree less than the number of points.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="points">The points x_i, distinct.</param>
    /// <param name="at">Where the value is wanted; it may be one of the points.</param>
    /// <returns>One coefficient for each point.</returns>
    /// <exception cref="ArgumentException">Two points are the same.</exception>
    public static T[] Coefficients<T>(ReadOnlySpan<T> points, T at)
        where T : struct, IField<T> => Matrix(points, [at]);

    /// <summary>The coefficients for many values at once, one row for each of them.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="points">The points at which values are known, distinct.</param>
    /// <param name="targets">The points at which values are wanted.</param>
    /// <returns>A matrix of targets x points, row by row.</returns>
    /// <exception cref="ArgumentException">Two points are the same.</exception>
    public static T[] Matrix<T>(ReadOnlySpan<T> points, ReadOnlySpan<T> targets)
        where T : struct, IField<T>
    {
        int n = points.Length;
        T[] weights = Weights(points);
        var matrix = new T[targets.Length * n];
        for (int row = 0; row < targets.Length; row++)
        {
            // The product of (at - x_j) over the other points: those before i, then those after it.
            Span<T> coefficients = matrix.AsSpan(row * n, n);
            T product = T.One;
            for (int i = 0; i < n; i++)
            {
                coefficients[i] = weights[i] * product;
                product *= targets[row] - points[i];
            }

            product = T.One;
            for (int i = n - 1; i >= 0; i--)
            {
                coefficients[i] *= product;
                product *= targets[row] - points[i];
            }
        }

        return matrix;
    }

    /// <summary>The inverses of the products of (x_i - x_j) over all other points.</summary>
    internal static T[] Weights<T>(ReadOnlySpan<T> points)
        where T : struct, IField<T>
    {
        var weights = new T[points.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = T.One;
            for (int j = 0; j < weights.Length; j++)
            {
                if (j != i)
                {
                    if (points[i] == points[j])
                    {
                        throw new ArgumentException($"Points {Math.Min(i, j)} and {Math.Max(i, j)} are the same.", nameof(points));
                    }

                    weights[i] *= points[i] - points[j];
                }
            }
        }

        BatchInversion.Invert<T>(weights);
        return weights;
    }

    /// <summary>The coefficients of <see cref="Coefficients{T}"/> in a binary field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="points">The points, distinct elements.</param>
    /// <param name="at">Where the value is wanted; it may be one of the points.</param>
    /// <returns>One coefficient for each point.</returns>
    /// <exception cref="ArgumentException">Two points are the same.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A point is no element.</exception>
    public static int[] Coefficients(BinaryField field, ReadOnlySpan<int> points, int at)
    {
        ArgumentNullException.ThrowIfNull(field);
        var coefficients = new int[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            int numerator = 1, denominator = 1;
            for (int j = 0; j < points.Length; j++)
            {
                if (j != i)
                {
                    if (points[i] == points[j])
                    {
                        throw new ArgumentException($"Points {Math.Min(i, j)} and {Math.Max(i, j)} are the same.", nameof(points));
                    }

                    numerator = field.Multiply(numerator, at ^ points[j]);
                    denominator = field.Multiply(denominator, points[i] ^ points[j]);
                }
            }

            coefficients[i] = field.Multiply(numerator, field.Inverse(denominator));
        }

        return coefficients;
    }
}
