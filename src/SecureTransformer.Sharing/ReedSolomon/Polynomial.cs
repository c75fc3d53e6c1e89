using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>A polynomial in one variable over a field. Time and memory depend on its degree.</summary>
/// <typeparam name="T">The field.</typeparam>
public sealed class Polynomial<T>
    where T : struct, IField<T>
{
    private readonly T[] _coefficients;

    /// <summary>Makes a polynomial of its coefficients.</summary>
    /// <param name="coefficients">The coefficients, the constant first. Zeros at the end are left out.</param>
    public Polynomial(ReadOnlySpan<T> coefficients)
    {
        while (!coefficients.IsEmpty && coefficients[^1] == T.Zero)
        {
            coefficients = coefficients[..^1];
        }

        _coefficients = coefficients.ToArray();
    }

    /// <summary>Gets the polynomial zero.</summary>
    internal static Polynomial<T> Zero { get; } = new([]);

    /// <summary>Gets the polynomial one.</summary>
    internal static Polynomial<T> One { get; } = new([T.One]);

    /// <summary>Gets the degree; -1 for zero.</summary>
    public int Degree => _coefficients.Length - 1;

    /// <summary>Gets the coefficients, the constant first, without zeros at the end.</summary>
    public ReadOnlySpan<T> Coefficients => _coefficients;

    /// <summary>The value at a point (Horner).</summary>
    /// <param name="point">The point.</param>
    /// <returns>The value.</returns>
    public T Evaluate(T point)
    {
        T value = T.Zero;
        for (int k = Degree; k >= 0; k--)
        {
            value = (value * point) + _coefficients[k];
        }

        return value;
    }

    /// <summary>The difference.</summary>
    /// <param name="other">The subtrahend.</param>
    /// <returns>The difference.</returns>
    public Polynomial<T> Subtract(Polynomial<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var difference = new T[Math.Max(_coefficients.Length, other._coefficients.Length)];
        _coefficients.CopyTo(difference, 0);
        for (int k = 0; k <= other.Degree; k++)
        {
            difference[k] -= other._coefficients[k];
        }

        return new Polynomial<T>(difference);
    }

    /// <summary>The product.</summary>
    /// <param name="other">The other factor.</param>
    /// <returns>The product.</returns>
    public Polynomial<T> Multiply(Polynomial<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Degree < 0 || other.Degree < 0)
        {
            return Zero;
        }

        var product = new T[Degree + other.Degree + 1];
        for (int i = 0; i <= Degree; i++)
        {
            for (int k = 0; k <= other.Degree; k++)
            {
                product[i + k] += _coefficients[i] * other._coefficients[k];
            }
        }

        return new Polynomial<T>(product);
    }

    /// <summary>Quotient and remainder.</summary>
    /// <param name="divisor">The divisor, not zero.</param>
    /// <returns>q and r with this = q divisor + r, the degree of r below that of the divisor.</returns>
    /// <exception cref="DivideByZeroException">The divisor is zero.</exception>
    public (Polynomial<T> Quotient, Polynomial<T> Remainder) Divide(Polynomial<T> divisor)
    {
        ArgumentNullException.ThrowIfNull(divisor);
        if (divisor.Degree < 0)
        {
            throw new DivideByZeroException("The polynomial divided by is zero.");
        }

        if (Degree < divisor.Degree)
        {
            return (Zero, this);
        }

        T[] rest = [.. _coefficients];
        var quotient = new T[Degree - divisor.Degree + 1];
        T leading = T.Inverse(divisor._coefficients[^1]);
        for (int k = quotient.Length - 1; k >= 0; k--)
        {
            T factor = rest[k + divisor.Degree] * leading;
            quotient[k] = factor;
            for (int i = 0; i <= divisor.Degree; i++)
            {
                rest[k + i] -= factor * divisor._coefficients[i];
            }
        }

        return (new Polynomial<T>(quotient), new Polynomial<T>(rest.AsSpan(0, divisor.Degree)));
    }

    /// <summary>The degree; never the coefficients, which may be shares of a secret.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"Polynomial[degree {Degree}]";
}
