using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Unary codes T_w = [u >= w], w = 1 to 2^s - 1, of numbers of s bits, in bit planes one after another.</summary>
internal static class UnaryCode
{
    /// <summary>Writes the 2^s - 1 planes of the code from the s planes of the bits.</summary>
    public static void Encode(ReadOnlySpan<ulong> bits, int size, Span<ulong> code, int words) => Encode(bits, size, code, words, words);

    /// <summary>As above for the first words of planes that are <paramref name="stride"/> words apart.</summary>
    public static void Encode(ReadOnlySpan<ulong> bits, int size, Span<ulong> code, int words, int stride)
    {
        bits[..words].CopyTo(code);
        for (int s = 1; s < size; s++)
        {
            // With one more bit b on top: T'_w = T_w or b below, b in the middle, T_w and b above.
            int count = (1 << s) - 1;
            ReadOnlySpan<ulong> top = bits.Slice(s * stride, words);
            for (int w = 0; w < count; w++)
            {
                RingKernels.And(code.Slice(w * stride, words), top, code.Slice((count + 1 + w) * stride, words));
                RingKernels.Or(code.Slice(w * stride, words), top, code.Slice(w * stride, words));
            }

            top.CopyTo(code.Slice(count * stride, words));
        }
    }

    /// <summary>Writes the codes of all blocks of a layout from the planes of all bits.</summary>
    public static void EncodeBlocks(ReadOnlySpan<ulong> bits, CarryLayout layout, Span<ulong> code, int words)
    {
        for (int b = 0; b < layout.Blocks; b++)
        {
            int size = layout.SizeOf(b);
            Encode(bits.Slice(b * CarryLayout.BlockBits * words, size * words), size, code.Slice(CarryLayout.DealtAt(b) * words, ((1 << size) - 1) * words), words);
        }
    }

    /// <summary>
    /// From XOR shares of u's code and the planes of v: shares of generate = [u + v >= 2^s] = T_{2^s - v} and of propagate = [u + v = 2^s - 1].
    /// An empty span for one of them leaves it out.
    /// </summary>
    /// <param name="bits">The planes of v.</param>
    /// <param name="size">s.</param>
    /// <param name="code">This party's share of T_1 to T_{2^s - 1}.</param>
    /// <param name="constant">Whether this party is the one whose share takes public constants (T_0 = 1).</param>
    /// <param name="generate">Where the share of generate goes.</param>
    /// <param name="propagate">Where the share of propagate goes.</param>
    /// <param name="words">The words of a plane.</param>
    public static void Pick(ReadOnlySpan<ulong> bits, int size, ReadOnlySpan<ulong> code, bool constant, Span<ulong> generate, Span<ulong> propagate, int words) =>
        Pick(bits, size, code, constant, generate, propagate, default, default, words, words);

    /// <summary>
    /// As above, and where <paramref name="zero"/> is not empty: the share of [all bits of u + v up to the block's top are zero], for u whose bits below the block are those of
    /// -v; <paramref name="below"/> has a one where v has one below the block, and then takes this block's in. Planes of bits and code are <paramref name="stride"/> words apart.
    /// </summary>
    public static void Pick(
        ReadOnlySpan<ulong> bits,
        int size,
        ReadOnlySpan<ulong> code,
        bool constant,
        Span<ulong> generate,
        Span<ulong> propagate,
        Span<ulong> zero,
        Span<ulong> below,
        int words,
        int stride)
    {
        int i = 0;
        for (; i + EightPlaneWords.Count <= words; i += EightPlaneWords.Count)
        {
            Pick<EightPlaneWords>(bits, size, code, constant, generate, propagate, zero, below, stride, i);
        }

        for (; i < words; i++)
        {
            Pick<PlaneWord>(bits, size, code, constant, generate, propagate, zero, below, stride, i);
        }
    }

    private static void Pick<T>(
        ReadOnlySpan<ulong> bits,
        int size,
        ReadOnlySpan<ulong> code,
        bool constant,
        Span<ulong> generate,
        Span<ulong> propagate,
        Span<ulong> zero,
        Span<ulong> below,
        int stride,
        int at)
        where T : unmanaged, IPlaneWords<T>
    {
        // From T_0 = 1 to T_{2^s} = 0, T_i and T_{i+1} for i = 2^s - 1 - v: each bit of v, from the top, leaves the half and one more that the lower bits choose from.
        // For zero, T_{i+2} besides: [u = 2^s - v] = T_{i+1} ^ T_{i+2}, and for v = 0 the last entry makes it [u = 0].
        Span<T> entries = stackalloc T[(1 << CarryLayout.BlockBits) + 2];
        int more = zero.IsEmpty ? 0 : 1;
        int half = 1 << size;
        entries[0] = T.Of(constant ? ulong.MaxValue : 0);
        entries[half] = T.Of(0);
        for (int w = 1; w < half; w++)
        {
            entries[w] = T.Load(code, ((w - 1) * stride) + at);
        }

        entries[half + 1] = entries[0] ^ entries[1];
        T ones = T.Of(0);
        for (int s = size - 1; s >= 0; s--)
        {
            half >>= 1;
            T v = T.Load(bits, (s * stride) + at);
            ones |= v;
            for (int w = 0; w <= half + more; w++)
            {
                entries[w] = T.Select(v, entries[w], entries[w + half]);
            }
        }

        if (!generate.IsEmpty)
        {
            entries[1].Store(generate, at);
        }

        T passes = entries[0] ^ entries[1];
        if (!propagate.IsEmpty)
        {
            passes.Store(propagate, at);
        }

        if (!zero.IsEmpty)
        {
            // Above a one of v, -v has the complements of v's bits.
            T lower = T.Load(below, at);
            T.Select(lower, passes, entries[1] ^ entries[2]).Store(zero, at);
            (lower | ones).Store(below, at);
        }
    }
}
