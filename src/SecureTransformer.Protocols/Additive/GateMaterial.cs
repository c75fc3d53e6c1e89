using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
                AddProducts(d.Slice(x * words, words), d.Slice(y * words, words), masks.Slice(x * words, words), masks.Slice(y * words, words), opened ? ulong.MaxValue : 0, target);
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
                AddProduct(masks.Span.Slice(x * words, words), masks.Span.Slice(y * words, words), products.Slice(g * words, words));
            }
        }

        hand.CorrectXor(Purpose.GateProduct, products);
    }

    /// <summary>target ^= x and y.</summary>
    private static void AddProduct(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> target)
    {
        ReadOnlySpan<Vector512<ulong>> wideX = MemoryMarshal.Cast<ulong, Vector512<ulong>>(x);
        ReadOnlySpan<Vector512<ulong>> wideY = MemoryMarshal.Cast<ulong, Vector512<ulong>>(y);
        Span<Vector512<ulong>> wide = MemoryMarshal.Cast<ulong, Vector512<ulong>>(target);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] ^= wideX[i] & wideY[i];
        }

        for (int i = wide.Length * Vector512<ulong>.Count; i < target.Length; i++)
        {
            target[i] ^= x[i] & y[i];
        }
    }

    /// <summary>target ^= dx and (ay ^ (dy and opened)) ^ dy and ax.</summary>
    private static void AddProducts(ReadOnlySpan<ulong> dx, ReadOnlySpan<ulong> dy, ReadOnlySpan<ulong> ax, ReadOnlySpan<ulong> ay, ulong opened, Span<ulong> target)
    {
        ReadOnlySpan<Vector512<ulong>> wideDx = MemoryMarshal.Cast<ulong, Vector512<ulong>>(dx);
        ReadOnlySpan<Vector512<ulong>> wideDy = MemoryMarshal.Cast<ulong, Vector512<ulong>>(dy);
        ReadOnlySpan<Vector512<ulong>> wideAx = MemoryMarshal.Cast<ulong, Vector512<ulong>>(ax);
        ReadOnlySpan<Vector512<ulong>> wideAy = MemoryMarshal.Cast<ulong, Vector512<ulong>>(ay);
        Span<Vector512<ulong>> wide = MemoryMarshal.Cast<ulong, Vector512<ulong>>(target);
        Vector512<ulong> both = Vector512.Create(opened);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] ^= (wideDx[i] & (wideAy[i] ^ (wideDy[i] & both))) ^ (wideDy[i] & wideAx[i]);
        }

        for (int i = wide.Length * Vector512<ulong>.Count; i < target.Length; i++)
        {
            target[i] ^= (dx[i] & (ay[i] ^ (dy[i] & opened))) ^ (dy[i] & ax[i]);
        }
    }
}
