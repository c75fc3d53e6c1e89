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
        IChannel? other = PartyId switch { 1 => Next, 2 => Previous, _ => null };
        int opened = PartyId == 1 ? 1 : 0;
        for (int start = 0; start < count; start += run)
        {
            int length = Math.Min(run, count - start);
            if (PartyId == 0)
            {
                DealSelections(terms, start, length, result);
                continue;
            }

            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.BitDeal, 2 * terms.Count * length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer masked = other!.Rent(length * sizeof(ulong));
            CombineSelections(terms, start, length, dealt is null ? default : dealt.Words, result, masked.Words);
            other.Send(masked, Operations.BitReshare);
        }

        if (other is not null)
        {
            await AddReceivedAsync(other, Operations.BitReshare, result, opened, run, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Party 0: deals each p and p m; its components of the result are masks in common with parties 2 and 1.</summary>
    private void DealSelections(IReadOnlyList<SelectedTerm> terms, int start, int length, SecretTensor result)
    {
        AesCtrPrg dealt = _withNext.Stream(Purpose.BitDeal);
        AesCtrPrg reshared0 = _withPrevious.Stream(Purpose.BitReshare);
        AesCtrPrg reshared1 = _withNext.Stream(Purpose.BitReshare);
        using SecretBuffer scratch = Pool.Rent(4 * SelectionKernels.Block);
        FrameBuffer frame = Previous.Rent(2 * terms.Count * length * sizeof(ulong));
        for (int at = 0; at < length; at += SelectionKernels.Block)
        {
            int size = Math.Min(SelectionKernels.Block, length - at);
            Span<ulong> p0 = scratch.Span[..size];
            Span<ulong> p1 = scratch.Span.Slice(SelectionKernels.Block, size);
            Span<ulong> bitMasks = scratch.Span.Slice(2 * SelectionKernels.Block, size);
            Span<ulong> productMasks = scratch.Span.Slice(3 * SelectionKernels.Block, size);
            for (int t = 0; t < terms.Count; t++)
            {
                (SecretBits bit, SecretTensor x) = terms[t];
                BitMasks.Expand(Shares(bit, 0), start + at, p0);
                BitMasks.Expand(Shares(bit, 1), start + at, p1);
                dealt.Fill(bitMasks);
                dealt.Fill(productMasks);
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

            reshared0.Fill(Shares(result, 0).Slice(start + at, size));
            reshared1.Fill(Shares(result, 1).Slice(start + at, size));
        }

        Previous.Send(frame, Operations.BitDeal);
    }

    /// <summary>Parties 1 and 2: their additive share of the sum, masked, in the component that is opened and in a frame; the mask in the other.</summary>
    private void CombineSelections(
        IReadOnlyList<SelectedTerm> terms, int start, int length, ReadOnlySpan<ulong> dealt, SecretTensor result, Span<ulong> masked)
    {
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        AesCtrPrg reshared = withDealer.Stream(Purpose.BitReshare);
        AesCtrPrg? common = PartyId == 1 ? withDealer.Stream(Purpose.BitDeal) : null;
        int known = PartyId == 1 ? 1 : 0;
        using SecretBuffer scratch = Pool.Rent(3 * SelectionKernels.Block);
        for (int at = 0; at < length; at += SelectionKernels.Block)
        {
            int size = Math.Min(SelectionKernels.Block, length - at);
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
                if (common is null)
                {
                    p = dealt.Slice((2 * t * length) + at, size);
                    products = dealt.Slice((((2 * t) + 1) * length) + at, size);
                }
                else
                {
                    common.Fill(drawnBits);
                    common.Fill(drawnProducts);
                }

                // Of q (x0 + x1 + x2) party 1 has x1 + x2, party 2 adds x0.
                BitMasks.Expand(Shares(bit, known), start + at, q);
                SelectionKernels.Combine(
                    q, p, products, Shares(x, known).Slice(start + at, size), Shares(x, 1 - known).Slice(start + at, size), PartyId == 1, share);
            }

            Span<ulong> mask = Shares(result, 1 - known).Slice(start + at, size);
            reshared.Fill(mask);
            SelectionKernels.Mask(share, mask, masked.Slice(at, size));
        }
    }
}
