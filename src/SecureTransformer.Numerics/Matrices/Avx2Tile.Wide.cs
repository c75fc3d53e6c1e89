using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <content>
/// One row over the whole width of a panel: it is read once, from its beginning to its end. 12 of the 16 registers accumulate. As many instructions a product as 4 x 4.
/// </content>
internal readonly unsafe partial struct Avx2Tile
{
    // As in Avx512Tile.
    private const int RowsAhead = 42;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x24(ulong* a, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, bool accumulate)
    {
        Vector256<ulong> low0 = Vector256<ulong>.Zero, low1 = Vector256<ulong>.Zero, low2 = Vector256<ulong>.Zero;
        Vector256<ulong> low3 = Vector256<ulong>.Zero, low4 = Vector256<ulong>.Zero, low5 = Vector256<ulong>.Zero;
        Vector256<ulong> cross0 = Vector256<ulong>.Zero, cross1 = Vector256<ulong>.Zero, cross2 = Vector256<ulong>.Zero;
        Vector256<ulong> cross3 = Vector256<ulong>.Zero, cross4 = Vector256<ulong>.Zero, cross5 = Vector256<ulong>.Zero;
        nint ahead = RowsAhead * bRowStride;
        for (nint i = 0; i < k; i++, a += aColumnStride, b += bRowStride)
        {
            Sse.Prefetch0(b + ahead);
            Sse.Prefetch0(b + ahead + 8);
            Sse.Prefetch0(b + ahead + 16);
            Vector256<uint> xl = Avx2.BroadcastScalarToVector256((uint*)a);
            Vector256<uint> xh = Avx2.BroadcastScalarToVector256((uint*)a + 1);
            Step(xl, xh, b, ref low0, ref cross0);
            Step(xl, xh, b + 4, ref low1, ref cross1);
            Step(xl, xh, b + 8, ref low2, ref cross2);
            Step(xl, xh, b + 12, ref low3, ref cross3);
            Step(xl, xh, b + 16, ref low4, ref cross4);
            Step(xl, xh, b + 20, ref low5, ref cross5);
        }

        Store(c, low0, cross0, accumulate);
        Store(c + 4, low1, cross1, accumulate);
        Store(c + 8, low2, cross2, accumulate);
        Store(c + 12, low3, cross3, accumulate);
        Store(c + 16, low4, cross4, accumulate);
        Store(c + 20, low5, cross5, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(Vector256<uint> xl, Vector256<uint> xh, ulong* b, ref Vector256<ulong> low, ref Vector256<ulong> cross)
    {
        Vector256<uint> y = Vector256.Load(b).AsUInt32();
        low += Avx2.Multiply(xl, y);
        cross += Avx2.Multiply(xh, y);
        cross += Avx2.Multiply(xl, Avx2.ShiftRightLogical(y.AsUInt64(), 32).AsUInt32());
    }
}
