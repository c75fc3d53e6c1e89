using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Bits, in replicated XOR shares b = b0 ^ b1 ^ b2, and their products with numbers. Party 0 knows p = b0 ^ b1, parties 1 and 2 know q = b2,
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
            Span<ulong> z = Shares(result, 0);
            AndLocal(Shares(x, 0), Shares(x, 1), Shares(y, 0), Shares(y, 1), z);
            foreach ((int start, int length) in new Chunks(z.Length))
            {
                XorZeroShare(z.Slice(start, length));
            }

            Send(Previous, Operations.And, z);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Party 0 deals additive shares p1 + p2 of p to parties 1 and 2, who form (1 - 2q) p1 + q and (1 - 2q) p2 and reshare. Two rounds, 24 bytes an element.
    /// </remarks>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        MultiplyBitAsync(x, null, result, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// With m = x0 + x1 known to party 0 and x0, x1 to parties 2 and 1: b x = (1 - 2q) (p m + p x2) + q (x0 + x1 + x2). Party 0 deals additive shares of p m and p to
    /// parties 1 and 2, who compute the rest on their own and reshare. Two rounds, 32 bytes an element.
    /// </remarks>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        MultiplyBitAsync(bits, x, result, cancellationToken);

    private async ValueTask MultiplyBitAsync(SecretBits bits, SecretTensor? x, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        if (PartyId == 0)
        {
            DealBits(bits, x, result);
            return;
        }

        // Masks z0 (in common between parties 0 and 2) and z1 (between 0 and 1) are components of the result; z2 is what the exchange opens.
        IChannel other = PartyId == 1 ? Next : Previous;
        int opened = PartyId == 1 ? 1 : 0;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.BitDeal, length * sizeof(ulong) * (x is null ? 1 : 2), cancellationToken).ConfigureAwait(false);
            CombineBits(bits, x, result, start, length, dealt is null ? default : dealt.Words);
            Send(other, Operations.BitReshare, Shares(result, opened).Slice(start, length));
        }

        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await other.ReceiveAsync(Operations.BitReshare, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            RingKernels.AddInto<ulong>(Shares(result, opened).Slice(start, length), frame.Words);
        }
    }

    /// <summary>Party 0: deals p, and p m where there is a factor; its components of the result are masks in common with parties 2 and 1.</summary>
    private void DealBits(SecretBits bits, SecretTensor? x, SecretTensor result)
    {
        Span<ulong> buffer = stackalloc ulong[3 * Block];
        foreach ((int start, int length) in new Chunks(result.Shape.Count))
        {
            FrameBuffer frame = Previous.Rent(length * sizeof(ulong) * (x is null ? 1 : 2));
            for (int at = 0; at < length; at += Block)
            {
                int size = Math.Min(Block, length - at);
                Span<ulong> p = buffer[..size];
                Span<ulong> mask = buffer.Slice(Block, size);
                BitMasks.Expand(Shares(bits, 0), start + at, p);
                BitMasks.Expand(Shares(bits, 1), start + at, mask);
                RingKernels.Xor<ulong>(p, mask, p);
                if (x is not null)
                {
                    Span<ulong> product = buffer.Slice(2 * Block, size);
                    RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), product);
                    RingKernels.And<ulong>(product, p, product);
                    _withNext.Fill(Purpose.BitDeal, mask);
                    RingKernels.Subtract<ulong>(product, mask, frame.Words.Slice(length + at, size));
                }

                RingKernels.Negate<ulong>(p, p);
                _withNext.Fill(Purpose.BitDeal, mask);
                RingKernels.Subtract<ulong>(p, mask, frame.Words.Slice(at, size));
                _withPrevious.Fill(Purpose.BitReshare, Shares(result, 0).Slice(start + at, size));
                _withNext.Fill(Purpose.BitReshare, Shares(result, 1).Slice(start + at, size));
            }

            Previous.Send(frame, Operations.BitDeal);
        }
    }

    /// <summary>Parties 1 and 2: their additive share of b x, masked, in the component that is opened; the mask in the other.</summary>
    private void CombineBits(SecretBits bits, SecretTensor? x, SecretTensor result, int start, int length, ReadOnlySpan<ulong> dealt)
    {
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        int qComponent = PartyId == 1 ? 1 : 0;
        Span<ulong> buffer = stackalloc ulong[3 * Block];
        for (int at = 0; at < length; at += Block)
        {
            int size = Math.Min(Block, length - at);
            Span<ulong> q = buffer[..size];
            Span<ulong> p = buffer.Slice(Block, size);
            Span<ulong> product = buffer.Slice(2 * Block, size);
            Span<ulong> mask = Shares(result, 1 - qComponent).Slice(start + at, size);
            Span<ulong> share = Shares(result, qComponent).Slice(start + at, size);
            BitMasks.Expand(Shares(bits, qComponent), start + at, q);
            if (PartyId == 1)
            {
                if (x is not null)
                {
                    withDealer.Fill(Purpose.BitDeal, product);
                }

                withDealer.Fill(Purpose.BitDeal, p);
            }
            else
            {
                dealt.Slice(at, size).CopyTo(p);
                if (x is not null)
                {
                    dealt.Slice(length + at, size).CopyTo(product);
                }
            }

            if (x is not null)
            {
                // Component qComponent of x is x2 at both parties; the other is x1 at party 1 and x0 at party 2.
                RingKernels.MultiplyAddInto<ulong>(product, p, Shares(x, qComponent).Slice(start + at, size));
                product.CopyTo(p);
            }

            // (1 - 2q) v: with q as a mask of ones, (v xor q) - q.
            RingKernels.Xor<ulong>(p, q, share);
            RingKernels.SubtractInto<ulong>(share, q);
            if (x is not null)
            {
                Shares(x, 1 - qComponent).Slice(start + at, size).CopyTo(p);
                if (PartyId == 1)
                {
                    RingKernels.AddInto<ulong>(p, Shares(x, qComponent).Slice(start + at, size));
                }

                RingKernels.And<ulong>(p, q, p);
                RingKernels.AddInto<ulong>(share, p);
            }
            else if (PartyId == 1)
            {
                RingKernels.SubtractInto<ulong>(share, q);
            }

            withDealer.Fill(Purpose.BitReshare, mask);
            RingKernels.SubtractInto<ulong>(share, mask);
        }
    }

    private static void AndLocal(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> z)
    {
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < z.Length; start += Block)
        {
            int length = Math.Min(Block, z.Length - start);
            Span<ulong> part = buffer[..length];
            Span<ulong> target = z.Slice(start, length);
            RingKernels.Xor(y0.Slice(start, length), y1.Slice(start, length), part);
            RingKernels.And<ulong>(part, x0.Slice(start, length), target);
            RingKernels.And(x1.Slice(start, length), y0.Slice(start, length), part);
            RingKernels.Xor<ulong>(target, part, target);
        }
    }
}
