using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>The local passes of a truncation over blocks of words: each input read once, each output written once, without a branch or an index that depends on words.</summary>
internal static class TruncationKernels
{
    /// <summary>Words worked on at a time, so that masks and temporaries stay in the first-level cache.</summary>
    public const int Block = 512;

    /// <summary>z += mask, and a copy of it.</summary>
    public static void Mask(Span<ulong> z, ReadOnlySpan<ulong> mask, Span<ulong> copy)
    {
        Require(z.Length, mask.Length, copy.Length);
        int done = Vector512.IsHardwareAccelerated ? Mask<EightRingWords>(0, z, mask, copy) : Vector.IsHardwareAccelerated ? Mask<NativeRingWords>(0, z, mask, copy) : 0;
        Mask<RingWord>(done, z, mask, copy);
    }

    /// <summary>What party 2 does; see <see cref="DealtBlock"/>.</summary>
    public static void Deal(in DealtBlock block, TruncationLayout layout)
    {
        block.Check();
        int done = Vector512.IsHardwareAccelerated ? Deal<EightRingWords>(0, block, layout) : Vector.IsHardwareAccelerated ? Deal<NativeRingWords>(0, block, layout) : 0;
        Deal<RingWord>(done, block, layout);
    }

    /// <summary>What parties 0 and 1 do; see <see cref="OpenedBlock"/>.</summary>
    public static void Combine(in OpenedBlock block, TruncationLayout layout)
    {
        block.Check();
        int done = Vector512.IsHardwareAccelerated ? Combine<EightRingWords>(0, block, layout) : Vector.IsHardwareAccelerated ? Combine<NativeRingWords>(0, block, layout) : 0;
        Combine<RingWord>(done, block, layout);
    }

    /// <summary>From one word on as many as can be; the index of the first that is left.</summary>
    internal static int Mask<T>(int start, Span<ulong> z, ReadOnlySpan<ulong> mask, Span<ulong> copy)
        where T : unmanaged, IRingWords<T>
    {
        int i = start;
        for (; i <= z.Length - T.Count; i += T.Count)
        {
            T sum = T.Load(z, i) + T.Load(mask, i);
            sum.Store(z, i);
            sum.Store(copy, i);
        }

        return i;
    }

    /// <inheritdoc cref="Mask{T}"/>
    internal static int Deal<T>(int start, in DealtBlock block, TruncationLayout layout)
        where T : unmanaged, IRingWords<T>
    {
        Span<ulong> first = block.First;
        Span<ulong> second = block.Second;
        Span<ulong> quotients = block.Quotients;
        Span<ulong> bits = block.Bits;
        ReadOnlySpan<ulong> s0 = block.Mask0;
        ReadOnlySpan<ulong> s1 = block.Mask1;
        ReadOnlySpan<ulong> q0 = block.Quotient0;
        ReadOnlySpan<ulong> e0 = block.Bit0;
        ReadOnlySpan<ulong> n0 = block.BitMask0;
        ReadOnlySpan<ulong> n2 = block.BitMask2;
        (int up, int down, int place) = (layout.Up, layout.Shift + 1, 63 - layout.Shift);
        int i = start;
        for (; i <= first.Length - T.Count; i += T.Count)
        {
            T r = (T.Load(s0, i) + T.Load(s1, i) - T.Load(first, i)) << up;
            T shared = T.Load(q0, i);
            T rest = ((r << 1) >>> down) - shared;
            rest.Store(quotients, i);
            ((r >>> 63) - T.Load(e0, i)).Store(bits, i);
            ((T.Load(n0, i) << place) - shared).Store(second, i);
            ((T.Load(n2, i) << place) - rest).Store(first, i);
        }

        return i;
    }

    /// <inheritdoc cref="Mask{T}"/>
    internal static int Combine<T>(int start, in OpenedBlock block, TruncationLayout layout)
        where T : unmanaged, IRingWords<T>
    {
        Span<ulong> masked = block.Masked;
        Span<ulong> open = block.Open;
        Span<ulong> own = block.Own;
        Span<ulong> bits = block.Bits;
        ReadOnlySpan<ulong> theirs = block.Theirs;
        ReadOnlySpan<ulong> q = block.Quotient;
        ReadOnlySpan<ulong> e = block.Bit;
        ReadOnlySpan<ulong> n = block.BitMask;
        (int up, int down, int place) = (layout.Up, layout.Shift + 1, 63 - layout.Shift);
        T zero = T.Of(0);
        T offset = T.Of(1UL << 62);
        T back = T.Of(1UL << (62 - layout.Shift));
        int i = start;
        for (; i <= masked.Length - T.Count; i += T.Count)
        {
            T c = ((T.Load(masked, i) + T.Load(theirs, i)) << up) + offset;
            T top = zero - (c >>> 63);
            T mask = T.Load(n, i);

            // (1 - 2 top) e, with top as a mask of ones: (e xor top) - top.
            T bit = (T.Load(e, i) ^ top) - top - mask;
            bit.Store(bits, i);
            T shared = (mask << place) - T.Load(q, i);
            (((c << 1) >>> down) - back + ((bit - top) << place)).Store(open, i);
            shared.Store(own, i);
        }

        return i;
    }

    private static void Require(int length, int second, int third)
    {
        if (second != length || third != length)
        {
            throw new ArgumentException($"The lengths differ: {length}, {second}, {third}.");
        }
    }

    /// <summary>
    /// Party 2: with r = s0 + s1 - z2, its quotient rc and its top bit rb, the correction for party 1, rc - q0 and rb - e0, and the components y2 = n2 2^(63-f) - (rc - q0)
    /// and y0 = n0 2^(63-f) - q0.
    /// </summary>
    internal ref struct DealtBlock
    {
        /// <summary>z2, and then y2.</summary>
        public required Span<ulong> First { get; init; }

        /// <summary>y0.</summary>
        public required Span<ulong> Second { get; init; }

        /// <summary>q2 = rc - q0.</summary>
        public required Span<ulong> Quotients { get; init; }

        /// <summary>e2 = rb - e0.</summary>
        public required Span<ulong> Bits { get; init; }

        /// <summary>s0.</summary>
        public required ReadOnlySpan<ulong> Mask0 { get; init; }

        /// <summary>s1.</summary>
        public required ReadOnlySpan<ulong> Mask1 { get; init; }

        /// <summary>q0.</summary>
        public required ReadOnlySpan<ulong> Quotient0 { get; init; }

        /// <summary>e0.</summary>
        public required ReadOnlySpan<ulong> Bit0 { get; init; }

        /// <summary>n0.</summary>
        public required ReadOnlySpan<ulong> BitMask0 { get; init; }

        /// <summary>n2.</summary>
        public required ReadOnlySpan<ulong> BitMask2 { get; init; }

        public readonly void Check()
        {
            Require(First.Length, Second.Length, Quotients.Length);
            Require(First.Length, Bits.Length, Mask0.Length);
            Require(First.Length, Mask1.Length, Quotient0.Length);
            Require(First.Length, Bit0.Length, BitMask0.Length);
            Require(First.Length, BitMask2.Length, First.Length);
        }
    }

    /// <summary>
    /// Parties 0 and 1: with c = m0 + m1 + 2^62, the opened part of y1, to which the other's masked bit is still to be added, the own component n 2^(63-f) - q, and the own
    /// masked bit (1 - 2 top) e - n.
    /// </summary>
    internal ref struct OpenedBlock
    {
        /// <summary>The own m; its place may be that of <see cref="Open"/> or <see cref="Own"/>.</summary>
        public required Span<ulong> Masked { get; init; }

        /// <summary>The other's m.</summary>
        public required ReadOnlySpan<ulong> Theirs { get; init; }

        /// <summary>The share of rc.</summary>
        public required ReadOnlySpan<ulong> Quotient { get; init; }

        /// <summary>The share of rb.</summary>
        public required ReadOnlySpan<ulong> Bit { get; init; }

        /// <summary>n, in common with party 2.</summary>
        public required ReadOnlySpan<ulong> BitMask { get; init; }

        /// <summary>y1 but for the other's masked bit.</summary>
        public required Span<ulong> Open { get; init; }

        /// <summary>y0 at party 0, y2 at party 1.</summary>
        public required Span<ulong> Own { get; init; }

        /// <summary>The own masked bit.</summary>
        public required Span<ulong> Bits { get; init; }

        public readonly void Check()
        {
            Require(Masked.Length, Theirs.Length, Quotient.Length);
            Require(Masked.Length, Bit.Length, BitMask.Length);
            Require(Masked.Length, Open.Length, Own.Length);
            Require(Masked.Length, Bits.Length, Masked.Length);
        }
    }
}
