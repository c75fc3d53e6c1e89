using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// What turns an untruncated result, but for a part c that the dealer knows (a product of masks), into shares of the truncated one.
/// </summary>
/// <remarks>
/// Without truncation: shares of c. With it, after Dalskov et al. 2020 (eprint 2020/338, section 5.1): a mask m from seeds, which is c + r for the dealer, so that the
/// result without c plus m is the result plus r; shares of u = rc - rb 2^(63-s) with rb the top bit of r and rc = (r shifted left by 1) shifted right by s + 1; and
/// shares of w = rb, of which s bits suffice since it is multiplied by 2^(64-s).
/// </remarks>
internal static class OutputMaterial
{
    /// <summary>The bytes of a share of w.</summary>
    public static int BitBytes(int shift) => (shift + 7) / 8;

    /// <summary>The bytes of a correction.</summary>
    public static int FrameBytes(int length, int shift) => length * (sizeof(ulong) + BitBytes(shift));

    /// <summary>The dealer: the correction for a chunk of c, which is overwritten; an empty c is zero.</summary>
    public static void Deal(DealerHand hand, ReadOnlySpan<ulong> c, int shift, FrameBuffer frame)
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

        using SecretBuffer scratch = hand.Pool.Rent(2L * length);
        Span<ulong> r = scratch.Span[..length];
        Span<ulong> bit = scratch.Span[length..];
        hand.Sum(Purpose.OutputMask, r);
        if (!c.IsEmpty)
        {
            RingKernels.SubtractInto(r, c);
        }

        RingKernels.ShiftRightLogical<ulong>(r, 63, bit);
        RingKernels.ShiftLeft<ulong>(r, 1, r);
        RingKernels.ShiftRightLogical<ulong>(r, shift + 1, quotient);
        RingKernels.ShiftLeft<ulong>(bit, 63 - shift, r);
        RingKernels.SubtractInto<ulong>(quotient, r);
        hand.Correct(Purpose.OutputQuotient, quotient);
        hand.CorrectNarrow(Purpose.OutputBit, width, bit);
        NarrowWords.Write(bit, width, frame.Span[(length * sizeof(ulong))..]);
    }

    /// <summary>A party: its shares of u and w.</summary>
    public static void Take(MaterialSource source, FrameBuffer? correction, int shift, Span<ulong> u, Span<ulong> w)
    {
        int width = BitBytes(shift);
        if (correction is not null)
        {
            MemoryMarshal.Cast<byte, ulong>(correction.Span[..(u.Length * sizeof(ulong))]).CopyTo(u);
            NarrowWords.Read(correction.Span[(u.Length * sizeof(ulong))..], width, w);
            return;
        }

        // The bytes of w stand in u until they are read.
        Span<byte> bytes = MemoryMarshal.AsBytes(u)[..(u.Length * width)];
        source.Fill(Purpose.OutputBit, bytes);
        NarrowWords.Read(bytes, width, w);
        source.Fill(Purpose.OutputQuotient, u);
    }
}
