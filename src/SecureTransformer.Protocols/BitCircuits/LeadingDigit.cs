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
        int i = 0;
        for (; i + EightPlaneWords.Count <= words; i += EightPlaneWords.Count)
        {
            Pick<EightPlaneWords>(bits, code, constant, picked, words, i);
        }

        for (; i < words; i++)
        {
            Pick<PlaneWord>(bits, code, constant, picked, words, i);
        }
    }

    private static void Pick<T>(ReadOnlySpan<ulong> bits, ReadOnlySpan<ulong> code, bool constant, Span<ulong> picked, int words, int i)
        where T : unmanaged, IPlaneWords<T>
    {
        T one = T.Of(constant ? ulong.MaxValue : 0);
        Span<T> e = stackalloc T[16];
        Span<T> turned = stackalloc T[16];
        Span<T> v = stackalloc T[4];
        e[0] = one;
        for (int w = 1; w < 16; w++)
        {
            e[w] = T.Load(code, ((w - 1) * words) + i);
        }

        // e_j becomes T_{j - v mod 16}, turned bit by bit of v.
        for (int s = 0; s < 4; s++)
        {
            v[s] = T.Load(bits, (s * words) + i);
            for (int j = 0; j < 16; j++)
            {
                turned[j] = T.Select(v[s], e[(j - (1 << s)) & 15], e[j]);
            }

            turned.CopyTo(e);
        }

        // [u + v mod 16 = j] = e_j ^ e_{j+1}, but where j + 1 - v = 16 the second term is T_16 = 0, not T_0 = 1: that is, where v = j + 1 mod 16.
        T zero = ~(v[0] | v[1] | v[2] | v[3]);
        T single = v[0] & ~(v[1] | v[2] | v[3]);
        T generate = e[0] ^ (one & zero);
        T none = e[0] ^ e[1] ^ (one & single);
        generate.Store(picked, (Generate * words) + i);
        (e[15] ^ generate).Store(picked, (Propagate * words) + i);
        (none & zero).Store(picked, (Both * words) + i);
        (none & ~zero).Store(picked, (Sixteen * words) + i);
        T below = v[0];
        for (int k = 1; k < 4; k++)
        {
            // From 2^k to 15, a run of u that may go round: with the carry, from 2^k - 1 to 14.
            T above = T.Of(0);
            for (int s = k + 1; s < 4; s++)
            {
                above |= v[s];
            }

            T more = above | (v[k] & below);
            T exactly = v[k] & ~above & ~below;
            T without = e[1 << k] ^ generate ^ (one & more);
            T with = e[(1 << k) - 1] ^ e[15] ^ (one & (more | exactly));
            without.Store(picked, ((AtLeast + k - 1) * words) + i);
            (without ^ with).Store(picked, ((Change + k - 1) * words) + i);
            below |= v[k];
        }
    }
}
