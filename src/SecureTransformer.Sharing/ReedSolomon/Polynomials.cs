using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>Polynomials from values and roots, and the Euclidean algorithm.</summary>
public static class Polynomials
{
    /// <summary>The polynomial of least degree with given values.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="points">n points, distinct.</param>
    /// <param name="values">The values there.</param>
    /// <returns>A polynomial of degree below n; n^2 products and one inversion.</returns>
    /// <exception cref="ArgumentException">Two points are the same, or the numbers of points and values differ.</exception>
    public static Polynomial<T> Interpolate<T>(ReadOnlySpan<T> points, ReadOnlySpan<T> values)
        where T : struct, IField<T>
    {
        if (points.Length != values.Length)
        {
            throw new ArgumentException($"{points.Length} points and {values.Length} values.", nameof(values));
        }

        Polynomial<T> all = FromRoots(points);
        T[] weights = Lagrange.Weights(points);
        var sum = new T[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            // weight * value * all / (x - point), the quotient coefficient by coefficient from the highest.
            T scale = weights[i] * values[i];
            T quotient = T.Zero;
            for (int k = points.Length - 1; k >= 0; k--)
            {
                quotient = (quotient * points[i]) + all.Coefficients[k + 1];
                sum[k] += scale * quotient;
            }
        }

        return new Polynomial<T>(sum);
    }

    /// <summary>The product of (x - root) over all roots.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="roots">The roots.</param>
    /// <returns>The monic polynomial of as many roots.</returns>
    public static Polynomial<T> FromRoots<T>(ReadOnlySpan<T> roots)
        where T : struct, IField<T>
    {
        var product = new T[roots.Length + 1];
        product[0] = T.One;
        for (int i = 0; i < roots.Length; i++)
        {
            for (int k = i + 1; k > 0; k--)
            {
                product[k] = product[k - 1] - (roots[i] * product[k]);
            }

            product[0] *= -roots[i];
        }

        return new Polynomial<T>(product);
    }

    /// <summary>The extended Euclidean algorithm, stopped at the first remainder below a degree.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="a">The first polynomial.</param>
    /// <param name="b">The second, of no larger degree.</param>
    /// <param name="degree">The degree below which to stop; 0 for the last remainder, zero itself.</param>
    /// <returns>The remainder g = u a + v b, and v.</returns>
    public static (Polynomial<T> Remainder, Polynomial<T> Cofactor) ExtendedEuclid<T>(Polynomial<T> a, Polynomial<T> b, int degree)
        where T : struct, IField<T>
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        (Polynomial<T> before, Polynomial<T> now) = (a, b);
        (Polynomial<T> cofactorBefore, Polynomial<T> cofactor) = (Polynomial<T>.Zero, Polynomial<T>.One);
        while (now.Degree >= degree && now.Degree >= 0)
        {
            (Polynomial<T> quotient, Polynomial<T> remainder) = before.Divide(now);
            (before, now) = (now, remainder);
            (cofactorBefore, cofactor) = (cofactor, cofactorBefore.Subtract(quotient.Multiply(cofactor)));
        }

        return (now, cofactor);
    }
}
