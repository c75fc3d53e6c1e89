using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
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
            CombineSelections(terms, start, length, dealt is null ? default : dealt.Words, result);
            Send(other!, Operations.BitReshare, Shares(result, opened).Slice(start, length));
        }

        for (int start = 0; other is not null && start < count; start += run)
        {
            int length = Math.Min(run, count - start);
            using FrameBuffer frame = await other.ReceiveAsync(Operations.BitReshare, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            RingKernels.AddInto<ulong>(Shares(result, opened).Slice(start, length), frame.Words);
        }
    }

    /// <summary>Party 0: deals each p and p m; its components of the result are masks in common with parties 2 and 1.</summary>
    private void DealSelections(IReadOnlyList<SelectedTerm> terms, int start, int length, SecretTensor result)
    {
        Span<ulong> buffer = stackalloc ulong[3 * Block];
        FrameBuffer frame = Previous.Rent(2 * terms.Count * length * sizeof(ulong));
        for (int at = 0; at < length; at += Block)
        {
            int size = Math.Min(Block, length - at);
            Span<ulong> p = buffer[..size];
            Span<ulong> mask = buffer.Slice(Block, size);
            Span<ulong> product = buffer.Slice(2 * Block, size);
            for (int t = 0; t < terms.Count; t++)
            {
                (SecretBits bit, SecretTensor x) = terms[t];
                BitMasks.Expand(Shares(bit, 0), start + at, p);
                BitMasks.Expand(Shares(bit, 1), start + at, mask);
                RingKernels.Xor<ulong>(p, mask, p);
                RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), product);
                RingKernels.And<ulong>(product, p, product);
                RingKernels.Negate<ulong>(p, p);
                _withNext.Fill(Purpose.BitDeal, mask);
                RingKernels.Subtract<ulong>(p, mask, frame.Words.Slice((2 * t * length) + at, size));
                _withNext.Fill(Purpose.BitDeal, mask);
                RingKernels.Subtract<ulong>(product, mask, frame.Words.Slice((((2 * t) + 1) * length) + at, size));
            }

            _withPrevious.Fill(Purpose.BitReshare, Shares(result, 0).Slice(start + at, size));
            _withNext.Fill(Purpose.BitReshare, Shares(result, 1).Slice(start + at, size));
        }

        buffer.Clear();
        Previous.Send(frame, Operations.BitDeal);
    }

    /// <summary>Parties 1 and 2: their additive share of the sum, masked, in the component that is opened; the mask in the other.</summary>
    private void CombineSelections(IReadOnlyList<SelectedTerm> terms, int start, int length, ReadOnlySpan<ulong> dealt, SecretTensor result)
    {
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        int known = PartyId == 1 ? 1 : 0;
        Span<ulong> buffer = stackalloc ulong[3 * Block];
        for (int at = 0; at < length; at += Block)
        {
            int size = Math.Min(Block, length - at);
            Span<ulong> q = buffer[..size];
            Span<ulong> p = buffer.Slice(Block, size);
            Span<ulong> product = buffer.Slice(2 * Block, size);
            Span<ulong> share = Shares(result, known).Slice(start + at, size);
            share.Clear();
            for (int t = 0; t < terms.Count; t++)
            {
                (SecretBits bit, SecretTensor x) = terms[t];
                ReadOnlySpan<ulong> x2 = Shares(x, known).Slice(start + at, size);
                if (PartyId == 1)
                {
                    withDealer.Fill(Purpose.BitDeal, p);
                    withDealer.Fill(Purpose.BitDeal, product);
                }
                else
                {
                    dealt.Slice((2 * t * length) + at, size).CopyTo(p);
                    dealt.Slice((((2 * t) + 1) * length) + at, size).CopyTo(product);
                }

                // (1 - 2q) v: with q as a mask of ones, (v xor q) - q.
                BitMasks.Expand(Shares(bit, known), start + at, q);
                RingKernels.MultiplyAddInto(product, p, x2);
                RingKernels.Xor<ulong>(product, q, product);
                RingKernels.SubtractInto<ulong>(product, q);
                RingKernels.AddInto<ulong>(share, product);

                // q (x0 + x1 + x2): party 1 has x1 + x2, party 2 adds x0.
                Shares(x, 1 - known).Slice(start + at, size).CopyTo(p);
                if (PartyId == 1)
                {
                    RingKernels.AddInto(p, x2);
                }

                RingKernels.And<ulong>(p, q, p);
                RingKernels.AddInto<ulong>(share, p);
            }

            Span<ulong> mask = Shares(result, 1 - known).Slice(start + at, size);
            withDealer.Fill(Purpose.BitReshare, mask);
            RingKernels.SubtractInto<ulong>(share, mask);
        }

        buffer.Clear();
    }
}
