using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of a level of gates on bit planes: a mask for each plane taken, and each gate's inner product of masks.</summary>
internal static class GateMaterial
{
    public static async ValueTask DealAsync(DealerHand hand, GatePlan plan, int words, CancellationToken cancellationToken)
    {
        FrameBuffer frame = await hand.RentAsync(plan.Gates.Length * words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
        Deal(hand, plan, words, frame.Words);
        hand.Send(frame);
    }

    /// <summary>result[gate] ^= the gate's inner product, and for two pairs of sharings (a, d): d_x a_y ^ d_y a_x, and d_x d_y where <paramref name="opened"/>.</summary>
    public static void Combine(GatePlan plan, ReadOnlySpan<ulong> masks, ReadOnlySpan<ulong> d, bool opened, Span<ulong> result, int words)
    {
        for (int g = 0; g < plan.Gates.Length; g++)
        {
            Span<ulong> target = result.Slice(g * words, words);
            foreach ((int x, int y) in plan.Terms[g])
            {
                AndInto(d.Slice(x * words, words), masks.Slice(y * words, words), opened ? d.Slice(y * words, words) : default, target);
                AndInto(d.Slice(y * words, words), masks.Slice(x * words, words), default, target);
            }
        }
    }

    private static void Deal(DealerHand hand, GatePlan plan, int words, Span<ulong> products)
    {
        using SecretBuffer masks = hand.Pool.Rent((long)plan.Operands.Length * words);
        hand.SumXor(Purpose.GateMask, masks.Span);
        products.Clear();
        for (int g = 0; g < plan.Gates.Length; g++)
        {
            foreach ((int x, int y) in plan.Terms[g])
            {
                AndInto(masks.Span.Slice(x * words, words), masks.Span.Slice(y * words, words), default, products.Slice(g * words, words));
            }
        }

        hand.CorrectXor(Purpose.GateProduct, products);
    }

    /// <summary>target ^= x and (y ^ more).</summary>
    private static void AndInto(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, ReadOnlySpan<ulong> more, Span<ulong> target)
    {
        const int Block = 1024;
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < target.Length; start += Block)
        {
            int length = Math.Min(Block, target.Length - start);
            Span<ulong> part = buffer[..length];
            Span<ulong> sum = target.Slice(start, length);
            y.Slice(start, length).CopyTo(part);
            if (!more.IsEmpty)
            {
                RingKernels.Xor(part, more.Slice(start, length), part);
            }

            RingKernels.And(part, x.Slice(start, length), part);
            RingKernels.Xor<ulong>(sum, part, sum);
        }
    }
}
