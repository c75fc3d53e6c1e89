using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Bits, in replicated XOR shares b = b0 ^ b1 ^ b2, and their conversion to numbers. Party 0 knows p = b0 ^ b1, parties 1 and 2 know q = b2,
/// and b = p xor q = q + (1 - 2q) p.
/// </content>
public sealed partial class ReplicatedSession
{
    /// <inheritdoc/>
    /// <remarks>As a product, over Z_2. One round, three bits a bit over all parties.</remarks>
    protected override async ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        SendFirst();
        int words = Shares(result, 0).Length;
        for (int start = 0; start < words; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, words - start);
            using FrameBuffer frame = await Next.ReceiveAsync(Operations.And, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            frame.Words.CopyTo(Shares(result, 1)[start..]);
        }

        void SendFirst()
        {
            ZeroShare zeros = ReserveZeroShare(Purpose.ZeroBits, Shares(result, 0).Length);
            foreach ((int start, int length) in new Chunks(Shares(result, 0).Length))
            {
                FrameBuffer frame = Previous.Rent(length * sizeof(ulong));
                InParallel(length, Grain, (from, size) =>
                {
                    int at = start + from;
                    Span<ulong> z = Shares(result, 0).Slice(at, size);
                    RingKernels.AndCross(Shares(x, 0).Slice(at, size), Shares(x, 1).Slice(at, size), Shares(y, 0).Slice(at, size), Shares(y, 1).Slice(at, size), z);
                    zeros.Xor(at, z);
                    z.CopyTo(frame.Words[from..]);
                });
                Previous.Send(frame, Operations.And);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Party 0 deals additive shares p1 + p2 of p to parties 1 and 2, who form (1 - 2q) p1 + q and (1 - 2q) p2 and reshare. Two rounds, 24 bytes an element.
    /// </remarks>
    protected override async ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        int count = result.Shape.Count;
        if (PartyId == 0)
        {
            DealBits(x, result);
            return;
        }

        // Masks z0 (in common between parties 0 and 2) and z1 (between 0 and 1) are components of the result; z2 is what the exchange opens.
        IChannel other = PartyId == 1 ? Next : Previous;
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        int opened = PartyId == 1 ? 1 : 0;
        MaskRange common = PartyId == 1 ? withDealer.Reserve(Purpose.BitDeal, count) : default;
        MaskRange reshared = withDealer.Reserve(Purpose.BitReshare, count);
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.BitDeal, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer masked = other.Rent(length * sizeof(ulong));
            CombineBits(x, start, length, dealt, common, reshared, result, masked);
            other.Send(masked, Operations.BitReshare);
        }

        await AddReceivedAsync(other, Operations.BitReshare, result, opened, Chunks.Size, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Party 0: deals p; its components of the result are masks in common with parties 2 and 1.</summary>
    private void DealBits(SecretBits bits, SecretTensor result)
    {
        int count = result.Shape.Count;
        MaskRange dealt = _withNext.Reserve(Purpose.BitDeal, count);
        MaskRange reshared0 = _withPrevious.Reserve(Purpose.BitReshare, count);
        MaskRange reshared1 = _withNext.Reserve(Purpose.BitReshare, count);
        foreach ((int start, int length) in new Chunks(count))
        {
            FrameBuffer frame = Previous.Rent(length * sizeof(ulong));
            InParallel(length, Grain, (from, size) => DealRun(start, from, size, frame));
            Previous.Send(frame, Operations.BitDeal);
        }

        void DealRun(int start, int from, int elements, FrameBuffer frame)
        {
            Span<ulong> buffer = stackalloc ulong[2 * Block];
            for (int at = from; at < from + elements; at += Block)
            {
                int size = Math.Min(Block, from + elements - at);
                Span<ulong> p = buffer[..size];
                Span<ulong> mask = buffer.Slice(Block, size);
                BitMasks.Expand(Shares(bits, 0), start + at, p);
                BitMasks.Expand(Shares(bits, 1), start + at, mask);
                RingKernels.Xor<ulong>(p, mask, p);
                RingKernels.Negate<ulong>(p, p);
                dealt.Fill(start + at, mask);
                RingKernels.Subtract<ulong>(p, mask, frame.Words.Slice(at, size));
                reshared0.Fill(start + at, Shares(result, 0).Slice(start + at, size));
                reshared1.Fill(start + at, Shares(result, 1).Slice(start + at, size));
            }

            buffer.Clear();
        }
    }

    /// <summary>Parties 1 and 2: their additive share of b, masked, in the component that is opened and in a frame; the mask in the other.</summary>
    private void CombineBits(SecretBits bits, int start, int length, FrameBuffer? dealt, MaskRange common, MaskRange reshared, SecretTensor result, FrameBuffer masked) =>
        InParallel(length, Grain, (from, elements) =>
        {
            int known = PartyId == 1 ? 1 : 0;
            Span<ulong> buffer = stackalloc ulong[2 * Block];
            for (int at = from; at < from + elements; at += Block)
            {
                int size = Math.Min(Block, from + elements - at);
                Span<ulong> q = buffer[..size];
                Span<ulong> p = buffer.Slice(Block, size);
                Span<ulong> mask = Shares(result, 1 - known).Slice(start + at, size);
                Span<ulong> share = Shares(result, known).Slice(start + at, size);
                BitMasks.Expand(Shares(bits, known), start + at, q);
                if (dealt is null)
                {
                    common.Fill(start + at, p);
                }
                else
                {
                    dealt.Words.Slice(at, size).CopyTo(p);
                }

                // (1 - 2q) v: with q as a mask of ones, (v xor q) - q. Party 1 adds q, which is minus the mask.
                RingKernels.Xor<ulong>(p, q, share);
                RingKernels.SubtractInto<ulong>(share, q);
                if (PartyId == 1)
                {
                    RingKernels.SubtractInto<ulong>(share, q);
                }

                reshared.Fill(start + at, mask);
                SelectionKernels.Mask(share, mask, masked.Words.Slice(at, size));
            }

            buffer.Clear();
        });
}
