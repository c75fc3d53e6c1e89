using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Truncation with a known sign bit (Dalskov, Escudero, Keller 2020, eprint 2020/338, section 5.1), with party 2 as the helper, fused with the product before it.
/// </content>
/// <remarks>
/// <para>For z in [-2^62, 2^62) shared additively and a shift f: party 2 sets r = s0 + s1 - z2 with masks s0 and s1 that it has in common with parties 0 and 1, who
/// open c = z + 2^62 + r between them. With top and rb the top bits of c and r, and rc = (r shifted left by 1) shifted right by f + 1,
/// y = ((c shifted left by 1) shifted right by f + 1) - rc + (rb xor top) 2^(63-f) - 2^(62-f) is z / 2^f rounded down or up.</para>
/// <para>Party 2 deals rc and rb; parties 0 and 1 multiply rb by 1 - 2 top and exchange it masked. Only f + 1 bits of rb's shares matter.</para>
/// <para>Two rounds; 24 + 3 ceil((f + 1) / 8) bytes an element over all parties. Error below one unit in the last place, mean zero.</para>
/// </remarks>
public sealed partial class ReplicatedSession
{
    private async ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        int width = TruncationBitBytes(shift);
        OpenMasked(result, shift);
        if (PartyId == 2)
        {
            return;
        }

        IChannel other = PartyId == 0 ? Next : Previous;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer opened = await other.ReceiveAsync(Operations.TruncateOpen, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = PartyId == 0
                ? null
                : await Next.ReceiveAsync(Operations.TruncateCorrection, length * (sizeof(ulong) + width), cancellationToken).ConfigureAwait(false);
            using FrameBuffer bits = other.Rent(length * width);
            CombineOpened(result, start, length, shift, opened.Words, correction is null ? default : correction.Span, bits.Span);
            other.Send(bits, Operations.TruncateBit);
        }

        // y1 is the second component of party 0 and the first of party 1.
        int opposite = PartyId == 0 ? 1 : 0;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer bits = await other.ReceiveAsync(Operations.TruncateBit, length * width, cancellationToken).ConfigureAwait(false);
            NarrowWords.AddShifted(bits.Span, width, 63 - shift, Shares(result, opposite).Slice(start, length));
        }
    }

    /// <summary>The bytes that a share of the top bit of r takes: only its low f + 1 bits matter.</summary>
    internal static int TruncationBitBytes(int shift) => (shift + 1 + 7) / 8;

    private void OpenMasked(SecretTensor result, int shift)
    {
        Span<ulong> first = Shares(result, 0);
        Span<ulong> second = Shares(result, 1);
        foreach ((int start, int length) in new Chunks(first.Length))
        {
            Span<ulong> z = first.Slice(start, length);
            if (PartyId == 2)
            {
                DealQuotient(z, second.Slice(start, length), shift);
                continue;
            }

            // m_i = z_i + s_i stays in the first component until the other's comes.
            Span<ulong> mask = second.Slice(start, length);
            (PartyId == 0 ? _withPrevious : _withNext).Fill(Purpose.TruncateMask, mask);
            RingKernels.AddInto<ulong>(z, mask);
            Send(PartyId == 0 ? Next : Previous, Operations.TruncateOpen, z);
        }
    }

    /// <summary>Party 2: from z2 in <paramref name="first"/> to its final components (y2, y0), and the correction for party 1.</summary>
    private void DealQuotient(Span<ulong> first, Span<ulong> second, int shift)
    {
        int width = TruncationBitBytes(shift);
        FrameBuffer frame = Previous.Rent(first.Length * (sizeof(ulong) + width));
        Span<ulong> quotients = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(frame.Span[..(first.Length * sizeof(ulong))]);
        Span<byte> bits = frame.Span[(first.Length * sizeof(ulong))..];
        using SecretBuffer scratch = Pool.Rent(first.Length * 3);
        Span<ulong> r = scratch.Span[..first.Length];
        Span<ulong> bit = scratch.Span.Slice(first.Length, first.Length);
        Span<ulong> mask = scratch.Span[(2 * first.Length)..];

        // r = s0 + s1 - z2.
        _withNext.Fill(Purpose.TruncateMask, r);
        _withPrevious.Fill(Purpose.TruncateMask, mask);
        RingKernels.AddInto<ulong>(r, mask);
        RingKernels.SubtractInto<ulong>(r, first);
        RingKernels.ShiftRightLogical<ulong>(r, 63, bit);
        RingKernels.ShiftLeft<ulong>(r, 1, r);
        RingKernels.ShiftRightLogical<ulong>(r, shift + 1, r);

        // rc = q0 + q2 and rb = e0 + e2, where q0 and e0 are in common with party 0, and q2 and e2 go to party 1.
        _withNext.Fill(Purpose.TruncateQuotient, second);
        RingKernels.Subtract<ulong>(r, second, quotients);
        _withNext.Fill(Purpose.TruncateBit, mask);
        RingKernels.SubtractInto<ulong>(bit, mask);
        NarrowWords.Write(bit, width, bits);

        // y0 = -q0 + n0 2^(63-f), y2 = -q2 + n2 2^(63-f), where n0 and n2 are in common with parties 0 and 1.
        _withNext.Fill(Purpose.TruncateBit, mask);
        RingKernels.ShiftLeft<ulong>(mask, 63 - shift, mask);
        RingKernels.Subtract<ulong>(mask, second, second);
        _withPrevious.Fill(Purpose.TruncateBit, mask);
        RingKernels.ShiftLeft<ulong>(mask, 63 - shift, mask);
        RingKernels.Subtract<ulong>(mask, quotients, first);
        Previous.Send(frame, Operations.TruncateCorrection);
    }

    /// <summary>Parties 0 and 1: from m_i in component 0 and the other's m to their components but for the other's masked bit, and the own masked bit to be sent.</summary>
    private void CombineOpened(
        SecretTensor result, int start, int length, int shift, ReadOnlySpan<ulong> opened, ReadOnlySpan<byte> correction, Span<byte> maskedBits)
    {
        int width = TruncationBitBytes(shift);
        Span<ulong> first = Shares(result, 0).Slice(start, length);
        Span<ulong> second = Shares(result, 1).Slice(start, length);
        using SecretBuffer scratch = Pool.Rent(length * 3);
        Span<ulong> c = scratch.Span[..length];
        Span<ulong> bit = scratch.Span.Slice(length, length);
        Span<ulong> top = scratch.Span[(2 * length)..];

        RingKernels.Add(first, opened, c);
        RingKernels.AddScalar(c, 1UL << 62, c);
        RingKernels.ShiftRightArithmetic(c, 63, top);
        RingKernels.ShiftLeft<ulong>(c, 1, c);
        RingKernels.ShiftRightLogical<ulong>(c, shift + 1, c);

        // own: -q_i, the share of -rc; and e_i, the share of rb.
        Span<ulong> own = PartyId == 0 ? first : second;
        Span<ulong> open = PartyId == 0 ? second : first;
        if (PartyId == 0)
        {
            _withPrevious.Fill(Purpose.TruncateQuotient, own);
            _withPrevious.Fill(Purpose.TruncateBit, bit);
        }
        else
        {
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(correction[..(length * sizeof(ulong))]).CopyTo(own);
            NarrowWords.Read(correction[(length * sizeof(ulong))..], width, bit);
        }

        // (1 - 2 top) e_i: with top as a mask of ones, (e xor top) - top.
        RingKernels.Xor<ulong>(bit, top, bit);
        RingKernels.SubtractInto<ulong>(bit, top);

        // The opened part: c' + top 2^(63-f) - 2^(62-f), to which both add their masked bit.
        RingKernels.AddScalar(c, unchecked(0UL - (1UL << (62 - shift))), c);
        RingKernels.ShiftLeft<ulong>(top, 63 - shift, top);
        RingKernels.Subtract<ulong>(c, top, open);

        // n_i, in common with party 2, stays in the own component: -q_i + n_i 2^(63-f).
        (PartyId == 0 ? _withPrevious : _withNext).Fill(Purpose.TruncateBit, c);
        RingKernels.SubtractInto<ulong>(bit, c);
        RingKernels.ShiftLeft<ulong>(c, 63 - shift, c);
        RingKernels.Subtract<ulong>(c, own, own);
        NarrowWords.Write(bit, width, maskedBits);
        RingKernels.ShiftLeft<ulong>(bit, 63 - shift, bit);
        RingKernels.AddInto<ulong>(open, bit);
    }
}
