using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>The local passes of bits times numbers over blocks of words, with bits as masks of ones: each input read once, each output written once.</summary>
internal static class SelectionKernels
{
    /// <summary>Words worked on at a time, so that masks and temporaries stay in the first-level cache.</summary>
    public const int Block = 512;

    /// <summary>With p = p0 xor p1 and m = x0 + x1: what is left of p and of p m when masks are taken away.</summary>
    public static void Deal(
        ReadOnlySpan<ulong> p0,
        ReadOnlySpan<ulong> p1,
        ReadOnlySpan<ulong> x0,
        ReadOnlySpan<ulong> x1,
        ReadOnlySpan<ulong> bitMasks,
        ReadOnlySpan<ulong> productMasks,
        Span<ulong> bits,
        Span<ulong> products)
    {
        Require(bits.Length, p0.Length, p1.Length, x0.Length, x1.Length, bitMasks.Length, productMasks.Length, products.Length);
        int done = Vector512.IsHardwareAccelerated ? Deal<EightRingWords>(0, p0, p1, x0, x1, bitMasks, productMasks, bits, products)
            : Vector.IsHardwareAccelerated ? Deal<NativeRingWords>(0, p0, p1, x0, x1, bitMasks, productMasks, bits, products)
            : 0;
        Deal<RingWord>(done, p0, p1, x0, x1, bitMasks, productMasks, bits, products);
    }

    /// <summary>sum += (1 - 2q) (product + p common) + q (other + common), of which the last common counts if <paramref name="both"/>.</summary>
    public static void Combine(
        ReadOnlySpan<ulong> q, ReadOnlySpan<ulong> p, ReadOnlySpan<ulong> products, ReadOnlySpan<ulong> common, ReadOnlySpan<ulong> other, bool both, Span<ulong> sum)
    {
        Require(sum.Length, q.Length, p.Length, products.Length, common.Length, other.Length);
        int done = Vector512.IsHardwareAccelerated ? Combine<EightRingWords>(0, q, p, products, common, other, both, sum)
            : Vector.IsHardwareAccelerated ? Combine<NativeRingWords>(0, q, p, products, common, other, both, sum)
            : 0;
        Combine<RingWord>(done, q, p, products, common, other, both, sum);
    }

    /// <summary>x -= mask, and a copy of it.</summary>
    public static void Mask(Span<ulong> x, ReadOnlySpan<ulong> mask, Span<ulong> copy)
    {
        Require(x.Length, mask.Length, copy.Length);
        int done = Vector512.IsHardwareAccelerated ? Mask<EightRingWords>(0, x, mask, copy) : Vector.IsHardwareAccelerated ? Mask<NativeRingWords>(0, x, mask, copy) : 0;
        Mask<RingWord>(done, x, mask, copy);
    }

    /// <summary>From one word on as many as can be; the index of the first that is left.</summary>
    internal static int Deal<T>(
        int start,
        ReadOnlySpan<ulong> p0,
        ReadOnlySpan<ulong> p1,
        ReadOnlySpan<ulong> x0,
        ReadOnlySpan<ulong> x1,
        ReadOnlySpan<ulong> bitMasks,
        ReadOnlySpan<ulong> productMasks,
        Span<ulong> bits,
        Span<ulong> products)
        where T : unmanaged, IRingWords<T>
    {
        T zero = T.Of(0);
        int i = start;
        for (; i <= bits.Length - T.Count; i += T.Count)
        {
            T p = T.Load(p0, i) ^ T.Load(p1, i);
            (zero - p - T.Load(bitMasks, i)).Store(bits, i);
            (((T.Load(x0, i) + T.Load(x1, i)) & p) - T.Load(productMasks, i)).Store(products, i);
        }

        return i;
    }

    /// <inheritdoc cref="Deal{T}"/>
    internal static int Combine<T>(
        int start, ReadOnlySpan<ulong> q, ReadOnlySpan<ulong> p, ReadOnlySpan<ulong> products, ReadOnlySpan<ulong> common, ReadOnlySpan<ulong> other, bool both, Span<ulong> sum)
        where T : unmanaged, IRingWords<T>
    {
        T kept = T.Of(both ? ulong.MaxValue : 0);
        int i = start;
        for (; i <= sum.Length - T.Count; i += T.Count)
        {
            T bit = T.Load(q, i);
            T known = T.Load(common, i);

            // (1 - 2q) v: with q as a mask of ones, (v xor q) - q.
            T turned = ((T.Load(products, i) + (T.Load(p, i) * known)) ^ bit) - bit;
            (T.Load(sum, i) + turned + ((T.Load(other, i) + (known & kept)) & bit)).Store(sum, i);
        }

        return i;
    }

    /// <inheritdoc cref="Deal{T}"/>
    internal static int Mask<T>(int start, Span<ulong> x, ReadOnlySpan<ulong> mask, Span<ulong> copy)
        where T : unmanaged, IRingWords<T>
    {
        int i = start;
        for (; i <= x.Length - T.Count; i += T.Count)
        {
            T rest = T.Load(x, i) - T.Load(mask, i);
            rest.Store(x, i);
            rest.Store(copy, i);
        }

        return i;
    }

    private static void Require(int length, params ReadOnlySpan<int> others)
    {
        foreach (int other in others)
        {
            if (other != length)
            {
                throw new ArgumentException($"The lengths differ: {length}, {other}.");
            }
        }
    }
}
