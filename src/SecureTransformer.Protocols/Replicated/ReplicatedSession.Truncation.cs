using System.Runtime.InteropServices;
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
/// <para>A value known modulo 2^R alone, |z| below 2^(R-2), is truncated as z 2^(64-R) by f + 64 - R: what is opened are R bits, and the result is in the whole ring.
/// 2 R/8 + 8 + 3 ceil((f + 65 - R) / 8) bytes.</para>
/// </remarks>
public sealed partial class ReplicatedSession
{
    private ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, CancellationToken cancellationToken) =>
        TruncateAdditiveAsync(result, shift, 64, null, cancellationToken);

    private ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, int ringBits, CancellationToken cancellationToken) =>
        TruncateAdditiveAsync(result, shift, ringBits, null, cancellationToken);

    /// <summary>Turns the additive sharing in component 0 of the result into a replicated sharing of its value / 2^shift.</summary>
    /// <param name="result">What is truncated, and the result.</param>
    /// <param name="shift">The bits that are truncated.</param>
    /// <param name="ringBits">The bits of the sum that are known: z is right modulo 2^ringBits, and below 2^(ringBits - 2) in magnitude.</param>
    /// <param name="compute">Computes elements of the additive sharing, from one on so many; called for each frame right before it is masked and sent, and before anything is awaited.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, int ringBits, Action<int, int>? compute, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        var layout = new TruncationLayout(shift, ringBits);
        using SecretBuffer scratch = Pool.Rent(TruncationScratch.Words);
        if (PartyId == 2)
        {
            for (int start = 0; start < count; start += Chunks.Size)
            {
                Deal(result, start, Math.Min(Chunks.Size, count - start), layout, compute, new TruncationScratch(scratch.Span));
            }

            return;
        }

        for (int start = 0; start < count; start += Chunks.Size)
        {
            Open(result, start, Math.Min(Chunks.Size, count - start), layout, compute, new TruncationScratch(scratch.Span));
        }

        IChannel other = PartyId == 0 ? Next : Previous;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer opened = await other.ReceiveAsync(Operations.TruncateOpen, length * layout.OpenedBytes, cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = PartyId == 0
                ? null
                : await Next.ReceiveAsync(Operations.TruncateCorrection, length * layout.CorrectionBytes, cancellationToken).ConfigureAwait(false);
            using FrameBuffer bits = other.Rent(length * layout.BitBytes);
            Combine(result, start, length, layout, opened.Span, correction is null ? default : correction.Span, bits.Span, new TruncationScratch(scratch.Span));
            other.Send(bits, Operations.TruncateBit);
        }

        // y1 is the second component of party 0 and the first of party 1.
        int opposite = PartyId == 0 ? 1 : 0;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer bits = await other.ReceiveAsync(Operations.TruncateBit, length * layout.BitBytes, cancellationToken).ConfigureAwait(false);
            NarrowWords.AddShifted(bits.Span, layout.BitBytes, 63 - layout.Shift, Shares(result, opposite).Slice(start, length));
        }
    }

    /// <summary>Parties 0 and 1: m_i = z_i + s_i, sent, stays in the first component until the other's comes.</summary>
    private void Open(SecretTensor result, int start, int length, TruncationLayout layout, Action<int, int>? compute, TruncationScratch scratch)
    {
        compute?.Invoke(start, length);
        Span<ulong> z = Shares(result, 0).Slice(start, length);
        AesCtrPrg masks = (PartyId == 0 ? _withPrevious : _withNext).Stream(Purpose.TruncateMask);
        IChannel other = PartyId == 0 ? Next : Previous;
        FrameBuffer frame = other.Rent(length * layout.OpenedBytes);
        for (int at = 0; at < length; at += TruncationKernels.Block)
        {
            int size = Math.Min(TruncationKernels.Block, length - at);
            scratch.Draw(masks, layout.OpenedBytes, scratch[0, size]);
            if (layout.OpenedBytes == sizeof(ulong))
            {
                TruncationKernels.Mask(z.Slice(at, size), scratch[0, size], frame.Words.Slice(at, size));
            }
            else
            {
                TruncationKernels.Mask(z.Slice(at, size), scratch[0, size], scratch[1, size]);
                NarrowWords.Write(scratch[1, size], layout.OpenedBytes, frame.Span.Slice(at * layout.OpenedBytes, size * layout.OpenedBytes));
            }
        }

        other.Send(frame, Operations.TruncateOpen);
    }

    /// <summary>Party 2: from z2 in component 0 to its final components (y2, y0), and the correction for party 1: all quotients, then all bits.</summary>
    private void Deal(SecretTensor result, int start, int length, TruncationLayout layout, Action<int, int>? compute, TruncationScratch scratch)
    {
        compute?.Invoke(start, length);
        Span<ulong> first = Shares(result, 0).Slice(start, length);
        Span<ulong> second = Shares(result, 1).Slice(start, length);
        AesCtrPrg masks0 = _withNext.Stream(Purpose.TruncateMask);
        AesCtrPrg masks1 = _withPrevious.Stream(Purpose.TruncateMask);
        AesCtrPrg quotients0 = _withNext.Stream(Purpose.TruncateQuotient);
        AesCtrPrg bits0 = _withNext.Stream(Purpose.TruncateBit);
        AesCtrPrg bits1 = _withPrevious.Stream(Purpose.TruncateBit);
        FrameBuffer frame = Previous.Rent(length * layout.CorrectionBytes);
        Span<ulong> quotients = MemoryMarshal.Cast<byte, ulong>(frame.Span[..(length * sizeof(ulong))]);
        Span<byte> bits = frame.Span[(length * sizeof(ulong))..];
        for (int at = 0; at < length; at += TruncationKernels.Block)
        {
            int size = Math.Min(TruncationKernels.Block, length - at);
            scratch.Draw(masks0, layout.OpenedBytes, scratch[0, size]);
            scratch.Draw(masks1, layout.OpenedBytes, scratch[1, size]);
            quotients0.Fill(scratch[2, size]);
            scratch.Draw(bits0, layout.BitBytes, scratch[3, size]);
            scratch.Draw(bits0, layout.BitBytes, scratch[4, size]);
            scratch.Draw(bits1, layout.BitBytes, scratch[5, size]);
            TruncationKernels.Deal(
                new TruncationKernels.DealtBlock
                {
                    First = first.Slice(at, size),
                    Second = second.Slice(at, size),
                    Quotients = quotients.Slice(at, size),
                    Bits = scratch[6, size],
                    Mask0 = scratch[0, size],
                    Mask1 = scratch[1, size],
                    Quotient0 = scratch[2, size],
                    Bit0 = scratch[3, size],
                    BitMask0 = scratch[4, size],
                    BitMask2 = scratch[5, size],
                },
                layout);
            NarrowWords.Write(scratch[6, size], layout.BitBytes, bits.Slice(at * layout.BitBytes, size * layout.BitBytes));
        }

        Previous.Send(frame, Operations.TruncateCorrection);
    }

    /// <summary>Parties 0 and 1: from m_i in component 0 and the other's m to their components but for the other's masked bit, and the own masked bit to be sent.</summary>
    private void Combine(
        SecretTensor result,
        int start,
        int length,
        TruncationLayout layout,
        ReadOnlySpan<byte> opened,
        ReadOnlySpan<byte> correction,
        Span<byte> maskedBits,
        TruncationScratch scratch)
    {
        Span<ulong> first = Shares(result, 0).Slice(start, length);
        Span<ulong> second = Shares(result, 1).Slice(start, length);
        PairwiseRandomness withHelper = PartyId == 0 ? _withPrevious : _withNext;
        AesCtrPrg bits = withHelper.Stream(Purpose.TruncateBit);
        AesCtrPrg? quotients = PartyId == 0 ? withHelper.Stream(Purpose.TruncateQuotient) : null;
        for (int at = 0; at < length; at += TruncationKernels.Block)
        {
            int size = Math.Min(TruncationKernels.Block, length - at);
            ReadOnlySpan<ulong> theirs = scratch[0, size];
            if (layout.OpenedBytes == sizeof(ulong))
            {
                theirs = MemoryMarshal.Cast<byte, ulong>(opened).Slice(at, size);
            }
            else
            {
                NarrowWords.Read(opened[(at * layout.OpenedBytes)..], layout.OpenedBytes, scratch[0, size]);
            }

            // The shares of rc and rb: in common with party 2, or from it.
            ReadOnlySpan<ulong> quotient = scratch[1, size];
            if (quotients is not null)
            {
                quotients.Fill(scratch[1, size]);
                scratch.Draw(bits, layout.BitBytes, scratch[2, size]);
            }
            else
            {
                quotient = MemoryMarshal.Cast<byte, ulong>(correction[..(length * sizeof(ulong))]).Slice(at, size);
                NarrowWords.Read(correction[((length * sizeof(ulong)) + (at * layout.BitBytes))..], layout.BitBytes, scratch[2, size]);
            }

            scratch.Draw(bits, layout.BitBytes, scratch[3, size]);
            TruncationKernels.Combine(
                new TruncationKernels.OpenedBlock
                {
                    Masked = first.Slice(at, size),
                    Theirs = theirs,
                    Quotient = quotient,
                    Bit = scratch[2, size],
                    BitMask = scratch[3, size],
                    Open = (PartyId == 0 ? second : first).Slice(at, size),
                    Own = (PartyId == 0 ? first : second).Slice(at, size),
                    Bits = scratch[4, size],
                },
                layout);
            NarrowWords.Write(scratch[4, size], layout.BitBytes, maskedBits.Slice(at * layout.BitBytes, size * layout.BitBytes));
        }
    }

    /// <summary>Blocks of words for masks and temporaries, and room to draw narrow masks.</summary>
    private readonly ref struct TruncationScratch(Span<ulong> words)
    {
        private const int Blocks = 7;

        /// <summary>The words of it all.</summary>
        public const int Words = ((Blocks + 1) * TruncationKernels.Block) + (NarrowWords.Slack / sizeof(ulong));

        private readonly Span<ulong> _words = words;

        /// <summary>The first words of a block.</summary>
        public Span<ulong> this[int block, int length] => _words.Slice(block * TruncationKernels.Block, length);

        /// <summary>Draws words of so many bytes.</summary>
        public void Draw(AesCtrPrg stream, int width, Span<ulong> target)
        {
            if (width == sizeof(ulong))
            {
                stream.Fill(target);
                return;
            }

            Span<byte> narrow = MemoryMarshal.AsBytes(_words[(Blocks * TruncationKernels.Block)..]);
            stream.Fill(narrow[..(target.Length * width)]);
            NarrowWords.Read(narrow, width, target);
        }
    }
}
