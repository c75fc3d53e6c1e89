using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Values from the shares of all parties.</summary>
internal static class Interpolated
{
    /// <summary>The value of the first t + 1 shares, with which the others must agree.</summary>
    /// <exception cref="ProtocolException">The shares do not lie on polynomials of degree t.</exception>
    public static void Combine(LaneField field, int threshold, SecretBuffer[] shares, SecretBuffer value)
    {
        UInt128[] points = [.. Enumerable.Range(0, threshold + 1).Select(Committee.Point)];
        for (int party = threshold + 1; party < shares.Length; party++)
        {
            if (!Agrees(field, field.Interpolation(points, Committee.Point(party)), shares, party))
            {
                throw new ProtocolException("The parties' shares of an opened value do not lie on one polynomial.");
            }
        }

        UInt128[] atZero = field.Interpolation(points, 0);
        for (int i = 0; i <= threshold; i++)
        {
            field.AddScaled(atZero[i], field.Over(shares[i].Span), field.Over(value.Span));
        }
    }

    /// <summary>Field elements as numbers.</summary>
    public static double[] Decode(Span<ulong> elements, int fractionalBits)
    {
        Span<Mersenne127> opened = Mersenne127.AsElements(elements);
        var values = new double[opened.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.ScaleB((double)opened[i].ToInt128(), -fractionalBits);
        }

        return values;
    }

    private static bool Agrees(LaneField field, UInt128[] factors, SecretBuffer[] shares, int party)
    {
        const int Block = 256;
        Lanes share = field.Over(shares[party].Span);
        Span<ulong> words = stackalloc ulong[Block * field.Words];
        bool agrees = true;
        for (int start = 0; start < share.Length; start += Block)
        {
            int length = Math.Min(Block, share.Length - start);
            Lanes expected = field.Over(words[..(length * field.Words)]);
            expected.Clear();
            for (int i = 0; i < factors.Length; i++)
            {
                field.AddScaled(factors[i], field.Over(shares[i].Span).Slice(start, length), expected);
            }

            Lanes given = share.Slice(start, length);
            for (int row = 0; row < expected.Rows; row++)
            {
                agrees &= expected.Row(row).SequenceEqual(given.Row(row));
            }
        }

        words.Clear();
        return agrees;
    }
}
