using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Sums of bits times numbers. With b = p xor q, p = b0 ^ b1 known to party 0 and q = b2 to parties 1 and 2, and m = x0 + x1 known to party 0 and x2 to parties 1 and 2:
/// b x = (1 - 2q) (p m + p x2) + q (x0 + x1 + x2).
/// </content>
public sealed partial class ReplicatedSession
{
    /// <inheritdoc/>
    /// <remarks>Two rounds, 32 bytes an element.</remarks>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        SumOfSelectedCoreAsync([new SelectedTerm(bits, x)], result, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Party 0 deals additive shares of each p m and p; parties 1 and 2 compute the rest on their own, add up and reshare. Two rounds, 16 bytes a term and 16 bytes.</remarks>
    protected override async ValueTask SumOfSelectedCoreAsync(IReadOnlyList<SelectedTerm> terms, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(result);
        int count = result.Shape.Count;
        int run = Math.Max(Block, Chunks.Size / terms.Count / Block * Block);
        if (PartyId == 0)
        {
            DealSelections(terms, run, result);
            return;
        }

        IChannel other = PartyId == 1 ? Next : Previous;
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        int opened = PartyId == 1 ? 1 : 0;
        MaskRange common = PartyId == 1 ? ReserveSelections(withDealer, terms, count) : default;
        MaskRange reshared = withDealer.Reserve(Purpose.BitReshare, count);
        for (int start = 0; start < count; start += run)
        {
            int length = Math.Min(run, count - start);
            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.BitDeal, 2 * terms.Count * length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer masked = other.Rent(length * sizeof(ulong));
            CombineSelections(terms, start, length, dealt, common, reshared, result, masked);
            other.Send(masked, Operations.BitReshare);
        }

        await AddReceivedAsync(other, Operations.BitReshare, result, opened, run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Masks of each term's p, and then of its p m.</summary>
    private static MaskRange ReserveSelections(PairwiseRandomness withParty1, IReadOnlyList<SelectedTerm> terms, int count) =>
        withParty1.Reserve(Purpose.BitDeal, 2L * terms.Count * Stride(count));

    /// <summary>So many words, and one more where whole blocks of a stream need it.</summary>
    private static long Stride(int words) => words + (words & 1L);

    /// <summary>Party 0: deals each p and p m; its components of the result are masks in common with parties 2 and 1.</summary>
    private void DealSelections(IReadOnlyList<SelectedTerm> terms, int run, SecretTensor result)
    {
        int count = result.Shape.Count;
        MaskRange dealt = ReserveSelections(_withNext, terms, count);
        MaskRange reshared0 = _withPrevious.Reserve(Purpose.BitReshare, count);
        MaskRange reshared1 = _withNext.Reserve(Purpose.BitReshare, count);
        for (int first = 0; first < count; first += run)
        {
            int start = first;
            int length = Math.Min(run, count - start);
            FrameBuffer frame = Previous.Rent(2 * terms.Count * length * sizeof(ulong));
            InParallel(length, Grain, (from, size) => DealRun(start, length, from, size, frame));
            Previous.Send(frame, Operations.BitDeal);
        }

        void DealRun(int start, int length, int from, int elements, FrameBuffer frame)
        {
            using SecretBuffer scratch = Pool.Rent(4 * SelectionKernels.Block);
            for (int at = from; at < from + elements; at += SelectionKernels.Block)
            {
                int size = Math.Min(SelectionKernels.Block, from + elements - at);
                Span<ulong> p0 = scratch.Span[..size];
                Span<ulong> p1 = scratch.Span.Slice(SelectionKernels.Block, size);
                Span<ulong> bitMasks = scratch.Span.Slice(2 * SelectionKernels.Block, size);
                Span<ulong> productMasks = scratch.Span.Slice(3 * SelectionKernels.Block, size);
                for (int t = 0; t < terms.Count; t++)
                {
                    (SecretBits bit, SecretTensor x) = terms[t];
                    BitMasks.Expand(Shares(bit, 0), start + at, p0);
                    BitMasks.Expand(Shares(bit, 1), start + at, p1);
                    dealt.Fill((2 * t * Stride(count)) + start + at, bitMasks);
                    dealt.Fill((((2 * t) + 1) * Stride(count)) + start + at, productMasks);
                    SelectionKernels.Deal(
                        p0,
                        p1,
                        Shares(x, 0).Slice(start + at, size),
                        Shares(x, 1).Slice(start + at, size),
                        bitMasks,
                        productMasks,
                        frame.Words.Slice((2 * t * length) + at, size),
                        frame.Words.Slice((((2 * t) + 1) * length) + at, size));
                }

                reshared0.Fill(start + at, Shares(result, 0).Slice(start + at, size));
                reshared1.Fill(start + at, Shares(result, 1).Slice(start + at, size));
            }
        }
    }

    /// <summary>Parties 1 and 2: their additive share of the sum, masked, in the component that is opened and in a frame; the mask in the other.</summary>
    private void CombineSelections(
        IReadOnlyList<SelectedTerm> terms, int start, int length, FrameBuffer? dealt, MaskRange common, MaskRange reshared, SecretTensor result, FrameBuffer masked) =>
        InParallel(length, Grain, (from, elements) =>
        {
            int known = PartyId == 1 ? 1 : 0;
            long stride = Stride(result.Shape.Count);
            using SecretBuffer scratch = Pool.Rent(3 * SelectionKernels.Block);
            for (int at = from; at < from + elements; at += SelectionKernels.Block)
            {
                int size = Math.Min(SelectionKernels.Block, from + elements - at);
                Span<ulong> q = scratch.Span[..size];
                Span<ulong> drawnBits = scratch.Span.Slice(SelectionKernels.Block, size);
                Span<ulong> drawnProducts = scratch.Span.Slice(2 * SelectionKernels.Block, size);
                Span<ulong> share = Shares(result, known).Slice(start + at, size);
                share.Clear();
                for (int t = 0; t < terms.Count; t++)
                {
                    (SecretBits bit, SecretTensor x) = terms[t];
                    ReadOnlySpan<ulong> p = drawnBits;
                    ReadOnlySpan<ulong> products = drawnProducts;
                    if (dealt is not null)
                    {
                        p = dealt.Words.Slice((2 * t * length) + at, size);
                        products = dealt.Words.Slice((((2 * t) + 1) * length) + at, size);
                    }
                    else
                    {
                        common.Fill((2 * t * stride) + start + at, drawnBits);
                        common.Fill((((2 * t) + 1) * stride) + start + at, drawnProducts);
                    }

                    // Of q (x0 + x1 + x2) party 1 has x1 + x2, party 2 adds x0.
                    BitMasks.Expand(Shares(bit, known), start + at, q);
                    SelectionKernels.Combine(
                        q, p, products, Shares(x, known).Slice(start + at, size), Shares(x, 1 - known).Slice(start + at, size), PartyId == 1, share);
                }

                Span<ulong> mask = Shares(result, 1 - known).Slice(start + at, size);
                reshared.Fill(start + at, mask);
                SelectionKernels.Mask(share, mask, masked.Words.Slice(at, size));
            }
        });
}
