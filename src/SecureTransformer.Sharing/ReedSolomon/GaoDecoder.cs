using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Decoding of Reed-Solomon codes: the polynomial from whose values few differ (Gao, "A new algorithm for decoding Reed-Solomon codes", in Communications, Information
/// and Network Security, 2003, Algorithm 1). Erasures are points left out.
/// </summary>
public static class GaoDecoder
{
    /// <summary>The most wrong values among n that are corrected for certain: (n - k) / 2, rounded down.</summary>
    /// <param name="count">n, the number of values.</param>
    /// <param name="dimension">k: polynomials have degrees below it.</param>
    /// <returns>The number; negative if there are too few values for any polynomial.</returns>
    public static int Radius(int count, int dimension) => count < dimension ? -1 : (count - dimension) / 2;

    /// <summary>Finds the polynomial of degree below k from whose values at most so many of the given ones differ. There is at most one; n^2 products and k inversions or so.</summary>
    /// <remarks>Time depends on where the values are wrong, which is no secret, and not on the polynomial.</remarks>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="points">n points, distinct.</param>
    /// <param name="values">The values received there.</param>
    /// <param name="dimension">k, from 1 to n.</param>
    /// <param name="maxErrors">The most wrong values, up to <see cref="Radius"/>.</param>
    /// <returns>The polynomial, or <see langword="null"/> if there is none: then more values are wrong.</returns>
    /// <exception cref="ArgumentException">Two points are the same, or the numbers of points and values differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The dimension or the number of errors is out of range.</exception>
    public static Polynomial<T>? Decode<T>(ReadOnlySpan<T> points, ReadOnlySpan<T> values, int dimension, int maxErrors)
        where T : struct, IField<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, points.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(maxErrors);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxErrors, Radius(points.Length, dimension));

        // Stops at the first remainder of degree below (n + k) / 2.
        var all = Polynomials.FromRoots(points);
        var received = Polynomials.Interpolate(points, values);
        (Polynomial<T> remainder, Polynomial<T> cofactor) = Polynomials.ExtendedEuclid(all, received, (points.Length + dimension + 1) / 2);
        (Polynomial<T> message, Polynomial<T> rest) = remainder.Divide(cofactor);
        if (rest.Degree >= 0 || message.Degree >= dimension)
        {
            return null;
        }

        int wrong = 0;
        for (int i = 0; i < points.Length; i++)
        {
            wrong += message.Evaluate(points[i]) == values[i] ? 0 : 1;
        }

        return wrong <= maxErrors ? message : null;
    }
}
