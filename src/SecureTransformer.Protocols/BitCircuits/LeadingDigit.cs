namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// What who knows v picks of a block of four bits of u + v: from XOR shares of the unary code T_w = [u >= w] and the planes of v, shares of functions of u and v.
/// </summary>
internal static class LeadingDigit
{
    /// <summary>[u + v >= 16].</summary>
    public const int Generate = 0;

    /// <summary>[u + v = 15].</summary>
    public const int Propagate = 1;

    /// <summary>[u = v = 0].</summary>
    public const int Both = 2;

    /// <summary>[u + v = 16].</summary>
    public const int Sixteen = 3;

    /// <summary>[u + v mod 16 >= 2^k] for k = 1, 2, 3.</summary>
    public const int AtLeast = 4;

    /// <summary>That, XOR [u + v + 1 mod 16 >= 2^k].</summary>
    public const int Change = 7;

    public const int Planes = 10;

    /// <summary>Writes this party's shares of all these planes.</summary>
    /// <param name="bits">The four planes of v.</param>
    /// <param name="code">This party's share of T_1 to T_15.</param>
    /// <param name="constant">Whether this party is the one whose share takes public constants (T_0 = 1).</param>
    /// <param name="picked">Where the planes go, one after another.</param>
    /// <param name="words">The words of a plane.</param>
    public static void Pick(ReadOnlySpan<ulong> bits, ReadOnlySpan<ulong> code, bool constant, Span<ulong> picked, int words)
    {
        ulong one = constant ? ulong.MaxValue : 0;
        Span<ulong> e = stackalloc ulong[16];
        Span<ulong> turned = stackalloc ulong[16];
        Span<ulong> v = stackalloc ulong[4];
        for (int i = 0; i < words; i++)
        {
            e[0] = one;
            for (int w = 1; w < 16; w++)
            {
                e[w] = code[((w - 1) * words) + i];
            }

            // e_j becomes T_{j - v mod 16}, turned bit by bit of v.
            for (int s = 0; s < 4; s++)
            {
                v[s] = bits[(s * words) + i];
                for (int j = 0; j < 16; j++)
                {
                    turned[j] = e[j] ^ ((e[j] ^ e[(j - (1 << s)) & 15]) & v[s]);
                }

                turned.CopyTo(e);
            }

            // [u + v mod 16 = j] = e_j ^ e_{j+1}, but where j + 1 - v = 16 the second term is T_16 = 0, not T_0 = 1: that is, where v = j + 1 mod 16.
            ulong zero = ~(v[0] | v[1] | v[2] | v[3]);
            ulong single = v[0] & ~(v[1] | v[2] | v[3]);
            ulong generate = e[0] ^ (one & zero);
            ulong none = e[0] ^ e[1] ^ (one & single);
            picked[(Generate * words) + i] = generate;
            picked[(Propagate * words) + i] = e[15] ^ generate;
            picked[(Both * words) + i] = none & zero;
            picked[(Sixteen * words) + i] = none & ~zero;
            ulong below = v[0];
            for (int k = 1; k < 4; k++)
            {
                // From 2^k to 15, a run of u that may go round: with the carry, from 2^k - 1 to 14.
                ulong above = 0;
                for (int s = k + 1; s < 4; s++)
                {
                    above |= v[s];
                }

                ulong more = above | (v[k] & below);
                ulong exactly = v[k] & ~above & ~below;
                ulong without = e[1 << k] ^ generate ^ (one & more);
                ulong with = e[(1 << k) - 1] ^ e[15] ^ (one & (more | exactly));
                picked[((AtLeast + k - 1) * words) + i] = without;
                picked[((Change + k - 1) * words) + i] = without ^ with;
                below |= v[k];
            }
        }
    }
}
