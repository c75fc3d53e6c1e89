using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// A field over which shares are polynomials, with what its vectors of shares need. Public scalars are written as integers: representatives modulo p, or polynomials
/// over GF(2) by their coefficients. Dealing, extracting and opening are written once over this.
/// </summary>
internal abstract class LaneField
{
    /// <summary>The words of one lane.</summary>
    public abstract int Words { get; }

    /// <summary>The stream of zero shares.</summary>
    public abstract Purpose Zero { get; }

    /// <summary>The stream of dealt shares, from the lower party to the higher, or the other way.</summary>
    public abstract Purpose Deal(bool upwards);

    /// <summary>The lanes of a buffer.</summary>
    public abstract Lanes Over(Span<ulong> words);

    /// <summary>target = target + x.</summary>
    public abstract void Add(Lanes x, Lanes target);

    /// <summary>target = target - x.</summary>
    public abstract void Subtract(Lanes x, Lanes target);

    /// <summary>target = c x; they may be the same lanes.</summary>
    public abstract void Scale(UInt128 c, Lanes x, Lanes target);

    /// <summary>target = target + c x.</summary>
    public abstract void AddScaled(UInt128 c, Lanes x, Lanes target);

    /// <summary>target = x y, lane by lane; the product of two sharings of degree t has degree 2t.</summary>
    public abstract void Multiply(Lanes x, Lanes y, Lanes target);

    /// <summary>Fills lanes with independent uniform elements.</summary>
    public abstract void Sample(PairwiseRandomness randomness, Purpose purpose, Lanes target);

    /// <summary>Sets all but the first so many words of each lane to zero.</summary>
    public abstract void Keep(int words, Lanes x);

    /// <summary>Writes the first so many words of each lane into a frame.</summary>
    public abstract void Write(Lanes x, int words, Span<ulong> frame);

    /// <summary>Reads them; the other words become zero.</summary>
    public abstract void Read(ReadOnlySpan<ulong> frame, int words, Lanes x);

    /// <summary>Refuses words that are no elements, from a peer.</summary>
    /// <exception cref="ProtocolException">A word pair is no canonical element; the message names the peer.</exception>
    public abstract void Require(ReadOnlySpan<ulong> words, IChannel source);

    /// <summary>The product of two scalars.</summary>
    public abstract UInt128 Multiply(UInt128 a, UInt128 b);

    /// <summary>The difference of two scalars.</summary>
    public abstract UInt128 Subtract(UInt128 a, UInt128 b);

    /// <summary>The inverse of a scalar other than zero.</summary>
    public abstract UInt128 Inverse(UInt128 a);

    /// <summary>The coefficients with which the values at distinct points give the value at another: Lagrange's.</summary>
    public UInt128[] Interpolation(ReadOnlySpan<UInt128> points, UInt128 at)
    {
        var factors = new UInt128[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            UInt128 above = 1;
            UInt128 below = 1;
            for (int j = 0; j < points.Length; j++)
            {
                if (j != i)
                {
                    above = Multiply(above, Subtract(at, points[j]));
                    below = Multiply(below, Subtract(points[i], points[j]));
                }
            }

            factors[i] = Multiply(above, Inverse(below));
        }

        return factors;
    }
}
