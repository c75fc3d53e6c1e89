using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// What turns an untruncated result, but for a part c that the dealer knows (a product of masks), into shares of the truncated one.
/// </summary>
/// <remarks>
/// Without truncation: shares of c. With it, after Escudero et al. 2020 (eprint 2020/338, section 5.1): a mask m from seeds, which is c + r for the dealer, so that the
/// result without c plus m is the result plus r; shares of u = rc - rb 2^(63-s) with rb the top bit of r and rc = (r shifted left by 1) shifted right by s + 1; and
/// shares of w = rb, of which s bits suffice since it is multiplied by 2^(64-s).
/// </remarks>
internal static class OutputMaterial
{
    /// <summary>Words that are worked on at a time; drawing so many and then more is drawing all at once.</summary>
    private const int Block = 1024;

    /// <summary>The bytes of a share of w.</summary>
    public static int BitBytes(int shift) => (shift + 7) / 8;

    /// <summary>The bytes of a correction.</summary>
    public static int FrameBytes(int length, int shift) => length * (sizeof(ulong) + BitBytes(shift));

    /// <summary>The dealer: the correction for a chunk of c; an empty c is zero. With truncation r stays in <paramref name="keep"/> unless that is empty.</summary>
    public static void Deal(DealerHand hand, ReadOnlySpan<ulong> c, int shift, FrameBuffer frame, Span<ulong> keep = default)
    {
        int width = BitBytes(shift);
        int length = frame.Span.Length / (sizeof(ulong) + width);
        Span<ulong> quotient = MemoryMarshal.Cast<byte, ulong>(frame.Span[..(length * sizeof(ulong))]);
        if (shift == 0)
        {
            c.CopyTo(quotient);
            hand.Correct(Purpose.Product, quotient);
            return;
        }

        Span<ulong> scratch = stackalloc ulong[2 * Block];
        Span<byte> bits = frame.Span[(length * sizeof(ulong))..];
        for (int start = 0; start < length; start += Block)
        {
            int size = Math.Min(Block, length - start);
            Span<ulong> r = scratch[..size];
            Span<ulong> bit = scratch.Slice(size, size);
            Span<ulong> u = quotient.Slice(start, size);
            hand.Sum(Purpose.OutputMask, r);
            if (!c.IsEmpty)
            {
                RingKernels.SubtractInto(r, c.Slice(start, size));
            }

            if (!keep.IsEmpty)
            {
                r.CopyTo(keep[start..]);
            }

            RingKernels.ShiftRightLogical<ulong>(r, 63, bit);
            RingKernels.ShiftLeft<ulong>(r, 1, r);
            RingKernels.ShiftRightLogical<ulong>(r, shift + 1, u);
            RingKernels.ShiftLeft<ulong>(bit, 63 - shift, r);
            RingKernels.SubtractInto<ulong>(u, r);
            hand.Correct(Purpose.OutputQuotient, u);
            hand.CorrectNarrow(Purpose.OutputBit, width, bit);
            NarrowWords.Write(bit, width, bits.Slice(start * width, size * width));
        }

        scratch.Clear();
    }

    /// <summary>A party: its shares of u and w for a block of values from a position of a chunk on, of <paramref name="length"/> values.</summary>
    public static void Take(MaterialSource source, FrameBuffer? correction, int shift, int length, int start, Span<ulong> u, Span<ulong> w)
    {
        int width = BitBytes(shift);
        if (correction is not null)
        {
            MemoryMarshal.Cast<byte, ulong>(correction.Span.Slice(start * sizeof(ulong), u.Length * sizeof(ulong))).CopyTo(u);
            NarrowWords.Read(correction.Span.Slice((length * sizeof(ulong)) + (start * width), u.Length * width), width, w);
            return;
        }

        // The bytes of w stand in u until they are read.
        Span<byte> bytes = MemoryMarshal.AsBytes(u)[..(u.Length * width)];
        source.Fill(Purpose.OutputBit, bytes);
        NarrowWords.Read(bytes, width, w);
        source.Fill(Purpose.OutputQuotient, u);
    }

    /// <summary>A party: from c to its share of the truncated value, which is -u - top w 2^(64-s) but for the one that takes what is public.</summary>
    public static void Truncate(Span<ulong> c, ReadOnlySpan<ulong> u, ReadOnlySpan<ulong> w, int shift, bool constant)
    {
        ref ulong opened = ref MemoryMarshal.GetReference(c);
        ref ulong quotient = ref MemoryMarshal.GetReference(u[..c.Length]);
        ref ulong bit = ref MemoryMarshal.GetReference(w[..c.Length]);
        int i = 0;
        for (; i + Vector512<ulong>.Count <= c.Length; i += Vector512<ulong>.Count)
        {
            Vector512<ulong> x = Vector512.LoadUnsafe(ref opened, (nuint)i) + Vector512.Create(1UL << 62);
            Vector512<ulong> top = (x.AsInt64() >> 63).AsUInt64();
            Vector512<ulong> y = -Vector512.LoadUnsafe(ref quotient, (nuint)i) - ((Vector512.LoadUnsafe(ref bit, (nuint)i) << (64 - shift)) & top);
            if (constant)
            {
                // With top as a mask of ones, top 2^(63-s) is what is left of 2^(63-s).
                y += ((x << 1) >>> (shift + 1)) + (top & Vector512.Create(1UL << (63 - shift))) - Vector512.Create(1UL << (62 - shift));
            }

            y.StoreUnsafe(ref opened, (nuint)i);
        }

        for (; i < c.Length; i++)
        {
            unchecked
            {
                ulong x = c[i] + (1UL << 62);
                ulong top = 0 - (x >> 63);
                ulong y = 0 - u[i] - ((w[i] << (64 - shift)) & top);
                c[i] = constant ? y + ((x << 1) >> (shift + 1)) + (top & (1UL << (63 - shift))) - (1UL << (62 - shift)) : y;
            }
        }
    }

    /// <summary>
    /// A party: the truncated value as a public part in place of c, and its share of -u - top w 2^(64-s); with the top bit as a mask of ones. w is overwritten.
    /// </summary>
    public static void Split(Span<ulong> c, ReadOnlySpan<ulong> u, Span<ulong> w, int shift, Span<ulong> top, Span<ulong> share)
    {
        RingKernels.AddScalar(c, 1UL << 62, c);
        RingKernels.ShiftRightArithmetic(c, 63, top);
        RingKernels.ShiftLeft<ulong>(w, 64 - shift, w);
        RingKernels.And<ulong>(w, top, w);
        RingKernels.Add(u, w, share);
        RingKernels.Negate<ulong>(share, share);
        RingKernels.ShiftLeft<ulong>(c, 1, c);
        RingKernels.ShiftRightLogical<ulong>(c, shift + 1, c);
        RingKernels.AddScalar(c, unchecked(0UL - (1UL << (62 - shift))), c);
        RingKernels.ShiftLeft<ulong>(top, 63 - shift, w);
        RingKernels.SubtractInto<ulong>(c, w);
    }
}
