namespace SecureTransformer.Numerics;

/// <summary>
/// A field of 2^d elements, d from 2 to 5, whose elements are polynomials over GF(2) of degree below d, bit j being the coefficient of x^j.
/// The moduli are x^2 + x + 1, x^3 + x + 1, x^4 + x + 1 and x^5 + x^2 + 1. Tables: for public elements only; for secrets there is <see cref="BinaryPlanes"/>.
/// </summary>
public sealed class BinaryField
{
    /// <summary>The least degree.</summary>
    public const int MinDegree = 2;

    /// <summary>The largest degree.</summary>
    public const int MaxDegree = 5;

    private static readonly BinaryField[] _fields = [new(2, 0b111), new(3, 0b1011), new(4, 0b10011), new(5, 0b100101)];

    // In all four fields x generates the non-zero elements: _powers[i] = x^i, and _logarithms is its inverse.
    private readonly byte[] _powers;
    private readonly byte[] _logarithms;

    private BinaryField(int degree, int modulus)
    {
        Degree = degree;
        Modulus = modulus;
        _powers = new byte[Order - 1];
        _logarithms = new byte[Order];
        int power = 1;
        for (int i = 0; i < _powers.Length; i++)
        {
            _powers[i] = (byte)power;
            _logarithms[power] = (byte)i;
            power <<= 1;
            power ^= power >= Order ? modulus : 0;
        }
    }

    /// <summary>Gets d.</summary>
    public int Degree { get; }

    /// <summary>Gets the number of elements, 2^d.</summary>
    public int Order => 1 << Degree;

    /// <summary>Gets the modulus as a polynomial over GF(2), bit j being the coefficient of x^j.</summary>
    public int Modulus { get; }

    /// <summary>The field of a degree.</summary>
    /// <param name="degree">2 to 5.</param>
    /// <returns>The field of 2^<paramref name="degree"/> elements.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The degree is another.</exception>
    public static BinaryField OfDegree(int degree)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, MinDegree);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(degree, MaxDegree);
        return _fields[degree - MinDegree];
    }

    /// <summary>The least of these fields that has a point other than zero for each party.</summary>
    /// <param name="parties">1 to 31.</param>
    /// <returns>The field of more than <paramref name="parties"/> elements.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of parties is another.</exception>
    public static BinaryField ForParties(int parties)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parties, 1 << MaxDegree);
        int degree = MinDegree;
        while (parties >= 1 << degree)
        {
            degree++;
        }

        return OfDegree(degree);
    }

    /// <summary>The product. (The sum is the XOR.)</summary>
    /// <param name="x">The first factor.</param>
    /// <param name="y">The second factor.</param>
    /// <returns>The product.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A factor is no element.</exception>
    public int Multiply(int x, int y)
    {
        Check(x, nameof(x));
        Check(y, nameof(y));
        return x == 0 || y == 0 ? 0 : _powers[(_logarithms[x] + _logarithms[y]) % (Order - 1)];
    }

    /// <summary>The multiplicative inverse.</summary>
    /// <param name="x">An element other than zero.</param>
    /// <returns>The element whose product with <paramref name="x"/> is one.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is no element.</exception>
    /// <exception cref="DivideByZeroException"><paramref name="x"/> is zero.</exception>
    public int Inverse(int x)
    {
        Check(x, nameof(x));
        return x == 0 ? throw new DivideByZeroException("Zero has no inverse.") : _powers[(Order - 1 - _logarithms[x]) % (Order - 1)];
    }

    /// <summary>A power; the empty product is one.</summary>
    /// <param name="x">The base.</param>
    /// <param name="exponent">The exponent, not negative.</param>
    /// <returns>The power.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is no element, or the exponent is negative.</exception>
    public int Power(int x, int exponent)
    {
        Check(x, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        return exponent == 0 ? 1 : x == 0 ? 0 : _powers[(int)((long)_logarithms[x] * exponent % (Order - 1))];
    }

    internal void Check(int x, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(x, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(x, Order, name);
    }
}
