using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Truncation with a known sign bit (Escudero, Ghosh, Keller, Rachuri, Scholl 2020, eprint 2020/338, section 5.1), with party 2 as the helper, fused with the product before it.
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
        TruncateAdditiveAsync(result, shift, 64, default, cancellationToken);

    private ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, int ringBits, CancellationToken cancellationToken) =>
        TruncateAdditiveAsync(result, shift, ringBits, default, cancellationToken);

    /// <summary>Turns the additive sharing in component 0 of the result into a replicated sharing of its value / 2^shift.</summary>
    /// <param name="result">What is truncated, and the result.</param>
    /// <param name="shift">The bits that are truncated.</param>
    /// <param name="ringBits">The bits of the sum that are known: z is right modulo 2^ringBits, and below 2^(ringBits - 2) in magnitude.</param>
    /// <param name="sharing">How elements of the additive sharing are computed, before anything is awaited.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async ValueTask TruncateAdditiveAsync(SecretTensor result, int shift, int ringBits, AdditiveElements sharing, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        var layout = new TruncationLayout(shift, ringBits);
        if (PartyId == 2)
        {
            Deal(result, layout, sharing);
            return;
        }

        PairwiseRandomness withHelper = PartyId == 0 ? _withPrevious : _withNext;
        IChannel other = PartyId == 0 ? Next : Previous;
        Open(result, layout, sharing, withHelper.ReserveBytes(Purpose.TruncateMask, (long)count * layout.OpenedBytes), other);

        // Party 0's shares of rc and rb are in common with party 2, party 1's come from it.
        MaskRange quotients = PartyId == 0 ? withHelper.Reserve(Purpose.TruncateQuotient, count) : default;
        MaskRange dealtBits = PartyId == 0 ? withHelper.ReserveBytes(Purpose.TruncateBit, (long)count * layout.BitBytes) : default;
        MaskRange bitMasks = withHelper.ReserveBytes(Purpose.TruncateBit, (long)count * layout.BitBytes);
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer opened = await other.ReceiveAsync(Operations.TruncateOpen, length * layout.OpenedBytes, cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = PartyId == 0
                ? null
                : await Next.ReceiveAsync(Operations.TruncateCorrection, length * layout.CorrectionBytes, cancellationToken).ConfigureAwait(false);
            using FrameBuffer bits = other.Rent(length * layout.BitBytes);
            Combine(result, start, length, layout, opened, correction, quotients, dealtBits, bitMasks, bits);
            other.Send(bits, Operations.TruncateBit);
        }

        // y1 is the second component of party 0 and the first of party 1.
        int opposite = PartyId == 0 ? 1 : 0;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int first = start;
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer bits = await other.ReceiveAsync(Operations.TruncateBit, length * layout.BitBytes, cancellationToken).ConfigureAwait(false);
            InParallel(length, Grain, (from, size) =>
                NarrowWords.AddShifted(bits.Span[(from * layout.BitBytes)..], layout.BitBytes, 63 - layout.Shift, Shares(result, opposite).Slice(first + from, size)));
        }
    }

    /// <summary>Parties 0 and 1: m_i = z_i + s_i, sent, stays in the first component until the other's comes.</summary>
    private void Open(SecretTensor result, TruncationLayout layout, AdditiveElements sharing, MaskRange masks, IChannel other)
    {
        foreach ((int start, int length) in new Chunks(result.Shape.Count))
        {
            sharing.ComputeFrame(start, length);
            FrameBuffer frame = other.Rent(length * layout.OpenedBytes);
            InParallel(length, Grain, (from, size) => OpenRun(start, from, size, frame));
            other.Send(frame, Operations.TruncateOpen);
        }

        void OpenRun(int start, int from, int count, FrameBuffer frame)
        {
            sharing.ComputeRun(start + from, count);
            using SecretBuffer buffer = Pool.Rent(TruncationScratch.Words);
            var scratch = new TruncationScratch(buffer.Span);
            for (int at = from; at < from + count; at += TruncationKernels.Block)
            {
                int size = Math.Min(TruncationKernels.Block, from + count - at);
                Span<ulong> z = Shares(result, 0).Slice(start + at, size);
                scratch.Draw(masks, start + at, layout.OpenedBytes, scratch[0, size]);
                if (layout.OpenedBytes == sizeof(ulong))
                {
                    TruncationKernels.Mask(z, scratch[0, size], frame.Words.Slice(at, size));
                }
                else
                {
                    TruncationKernels.Mask(z, scratch[0, size], scratch[1, size]);
                    NarrowWords.Write(scratch[1, size], layout.OpenedBytes, frame.Span.Slice(at * layout.OpenedBytes, size * layout.OpenedBytes));
                }
            }
        }
    }

    /// <summary>Party 2: from z2 in component 0 to its final components (y2, y0), and the correction for party 1: all quotients of a frame, then all bits.</summary>
    private void Deal(SecretTensor result, TruncationLayout layout, AdditiveElements sharing)
    {
        int count = result.Shape.Count;
        MaskRange masks0 = _withNext.ReserveBytes(Purpose.TruncateMask, (long)count * layout.OpenedBytes);
        MaskRange masks1 = _withPrevious.ReserveBytes(Purpose.TruncateMask, (long)count * layout.OpenedBytes);
        MaskRange quotients0 = _withNext.Reserve(Purpose.TruncateQuotient, count);
        MaskRange bits0 = _withNext.ReserveBytes(Purpose.TruncateBit, (long)count * layout.BitBytes);
        MaskRange bitMasks0 = _withNext.ReserveBytes(Purpose.TruncateBit, (long)count * layout.BitBytes);
        MaskRange bitMasks2 = _withPrevious.ReserveBytes(Purpose.TruncateBit, (long)count * layout.BitBytes);
        foreach ((int start, int length) in new Chunks(count))
        {
            sharing.ComputeFrame(start, length);
            FrameBuffer frame = Previous.Rent(length * layout.CorrectionBytes);
            InParallel(length, Grain, (from, size) => DealRun(start, length, from, size, frame));
            Previous.Send(frame, Operations.TruncateCorrection);
        }

        void DealRun(int start, int length, int from, int count, FrameBuffer frame)
        {
            sharing.ComputeRun(start + from, count);
            using SecretBuffer buffer = Pool.Rent(TruncationScratch.Words);
            var scratch = new TruncationScratch(buffer.Span);
            Span<ulong> quotients = MemoryMarshal.Cast<byte, ulong>(frame.Span[..(length * sizeof(ulong))]);
            Span<byte> bits = frame.Span[(length * sizeof(ulong))..];
            for (int at = from; at < from + count; at += TruncationKernels.Block)
            {
                int size = Math.Min(TruncationKernels.Block, from + count - at);
                scratch.Draw(masks0, start + at, layout.OpenedBytes, scratch[0, size]);
                scratch.Draw(masks1, start + at, layout.OpenedBytes, scratch[1, size]);
                quotients0.Fill(start + at, scratch[2, size]);
                scratch.Draw(bits0, start + at, layout.BitBytes, scratch[3, size]);
                scratch.Draw(bitMasks0, start + at, layout.BitBytes, scratch[4, size]);
                scratch.Draw(bitMasks2, start + at, layout.BitBytes, scratch[5, size]);
                TruncationKernels.Deal(
                    new TruncationKernels.DealtBlock
                    {
                        First = Shares(result, 0).Slice(start + at, size),
                        Second = Shares(result, 1).Slice(start + at, size),
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
        }
    }

    /// <summary>Parties 0 and 1: from m_i in component 0 and the other's m to their components but for the other's masked bit, and the own masked bit to be sent.</summary>
    private void Combine(
        SecretTensor result,
        int start,
        int length,
        TruncationLayout layout,
        FrameBuffer opened,
        FrameBuffer? correction,
        MaskRange quotients,
        MaskRange dealtBits,
        MaskRange bitMasks,
        FrameBuffer maskedBits) => InParallel(length, Grain, (from, count) =>
        {
            using SecretBuffer buffer = Pool.Rent(TruncationScratch.Words);
            var scratch = new TruncationScratch(buffer.Span);
            for (int at = from; at < from + count; at += TruncationKernels.Block)
            {
                int size = Math.Min(TruncationKernels.Block, from + count - at);
                Span<ulong> first = Shares(result, 0).Slice(start + at, size);
                Span<ulong> second = Shares(result, 1).Slice(start + at, size);
                ReadOnlySpan<ulong> theirs = scratch[0, size];
                if (layout.OpenedBytes == sizeof(ulong))
                {
                    theirs = opened.Words.Slice(at, size);
                }
                else
                {
                    NarrowWords.Read(opened.Span[(at * layout.OpenedBytes)..], layout.OpenedBytes, scratch[0, size]);
                }

                ReadOnlySpan<ulong> quotient = scratch[1, size];
                if (correction is null)
                {
                    quotients.Fill(start + at, scratch[1, size]);
                    scratch.Draw(dealtBits, start + at, layout.BitBytes, scratch[2, size]);
                }
                else
                {
                    quotient = MemoryMarshal.Cast<byte, ulong>(correction.Span[..(length * sizeof(ulong))]).Slice(at, size);
                    NarrowWords.Read(correction.Span[((length * sizeof(ulong)) + (at * layout.BitBytes))..], layout.BitBytes, scratch[2, size]);
                }

                scratch.Draw(bitMasks, start + at, layout.BitBytes, scratch[3, size]);
                TruncationKernels.Combine(
                    new TruncationKernels.OpenedBlock
                    {
                        Masked = first,
                        Theirs = theirs,
                        Quotient = quotient,
                        Bit = scratch[2, size],
                        BitMask = scratch[3, size],
                        Open = PartyId == 0 ? second : first,
                        Own = PartyId == 0 ? first : second,
                        Bits = scratch[4, size],
                    },
                    layout);
                NarrowWords.Write(scratch[4, size], layout.BitBytes, maskedBits.Span.Slice(at * layout.BitBytes, size * layout.BitBytes));
            }
        });

    /// <summary>Blocks of words for masks and temporaries, and room to draw narrow masks.</summary>
    private readonly ref struct TruncationScratch(Span<ulong> words)
    {
        private const int Blocks = 7;

        /// <summary>The words of it all.</summary>
        public const int Words = ((Blocks + 1) * TruncationKernels.Block) + (NarrowWords.Slack / sizeof(ulong));

        private readonly Span<ulong> _words = words;

        /// <summary>The first words of a block.</summary>
        public Span<ulong> this[int block, int length] => _words.Slice(block * TruncationKernels.Block, length);

        /// <summary>Draws words of so many bytes, from the mask of an element on.</summary>
        public void Draw(MaskRange masks, int element, int width, Span<ulong> target)
        {
            if (width == sizeof(ulong))
            {
                masks.Fill(element, target);
                return;
            }

            Span<byte> narrow = MemoryMarshal.AsBytes(_words[(Blocks * TruncationKernels.Block)..]);
            masks.FillBytes((long)element * width, narrow[..(target.Length * width)]);
            NarrowWords.Read(narrow, width, target);
        }
    }
}
