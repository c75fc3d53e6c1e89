using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>
/// AVX2 has no product of 64-bit words: with 32-bit halves, x y = xl yl + 2^32 (xl yh + xh yl) modulo 2^64. The low products and the
/// cross products are summed apart and joined once at the end: three multiplications and three additions for four words.
/// </summary>
internal readonly unsafe partial struct Avx2Tile : IRingTile
{
    public static bool IsSupported => Avx2.IsSupported && BitConverter.IsLittleEndian;

    public static void Multiply(
        int rows, int width, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        if (width == PackedMatrix.PanelWidth)
        {
            for (int r = 0; r < rows; r++)
            {
                Tile1x24(a + r * aRowStride, aColumnStride, b, bRowStride, k, c + r * cRowStride, accumulate);
            }

            return;
        }

        if (rows == 1)
        {
            for (int j = 0; j < width; j += 8)
            {
                Tile1x8(a, aColumnStride, b + j, bRowStride, k, c + j, accumulate);
            }

            return;
        }

        for (int r = 0; r < rows; r += 4)
        {
            int count = Math.Min(4, rows - r);
            for (int j = 0; j < width; j += 4)
            {
                Tile4x4(count, a + r * aRowStride, aRowStride, aColumnStride, b + j, bRowStride, k, c + r * cRowStride + j, cRowStride, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x4(
        int rows, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        // Rows that do not exist are the last one again; they are computed and not stored.
        nint last = rows - 1;
        ulong* a0 = a;
        ulong* a1 = a + nint.Min(1, last) * aRowStride;
        ulong* a2 = a + nint.Min(2, last) * aRowStride;
        ulong* a3 = a + nint.Min(3, last) * aRowStride;
        Vector256<ulong> low0 = Vector256<ulong>.Zero, cross0 = Vector256<ulong>.Zero;
        Vector256<ulong> low1 = Vector256<ulong>.Zero, cross1 = Vector256<ulong>.Zero;
        Vector256<ulong> low2 = Vector256<ulong>.Zero, cross2 = Vector256<ulong>.Zero;
        Vector256<ulong> low3 = Vector256<ulong>.Zero, cross3 = Vector256<ulong>.Zero;
        nint at = 0;
        for (nint i = 0; i < k; i++, b += bRowStride, at += aColumnStride)
        {
            Vector256<uint> bl = Vector256.Load(b).AsUInt32();
            Vector256<uint> bh = Avx2.ShiftRightLogical(bl.AsUInt64(), 32).AsUInt32();
            Step(a0 + at, bl, bh, ref low0, ref cross0);
            Step(a1 + at, bl, bh, ref low1, ref cross1);
            Step(a2 + at, bl, bh, ref low2, ref cross2);
            Step(a3 + at, bl, bh, ref low3, ref cross3);
        }

        Store(c, low0, cross0, accumulate);
        if (rows > 1)
        {
            Store(c + cRowStride, low1, cross1, accumulate);
        }

        if (rows > 2)
        {
            Store(c + 2 * cRowStride, low2, cross2, accumulate);
        }

        if (rows > 3)
        {
            Store(c + 3 * cRowStride, low3, cross3, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x8(ulong* a, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, bool accumulate)
    {
        Vector256<ulong> low0 = Vector256<ulong>.Zero, cross0 = Vector256<ulong>.Zero;
        Vector256<ulong> low1 = Vector256<ulong>.Zero, cross1 = Vector256<ulong>.Zero;
        for (nint i = 0; i < k; i++, a += aColumnStride, b += bRowStride)
        {
            Vector256<uint> b0 = Vector256.Load(b).AsUInt32();
            Vector256<uint> b1 = Vector256.Load(b + 4).AsUInt32();
            Step(a, b0, Avx2.ShiftRightLogical(b0.AsUInt64(), 32).AsUInt32(), ref low0, ref cross0);
            Step(a, b1, Avx2.ShiftRightLogical(b1.AsUInt64(), 32).AsUInt32(), ref low1, ref cross1);
        }

        Store(c, low0, cross0, accumulate);
        Store(c + 4, low1, cross1, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ulong* x, Vector256<uint> bl, Vector256<uint> bh, ref Vector256<ulong> low, ref Vector256<ulong> cross)
    {
        Vector256<uint> xl = Avx2.BroadcastScalarToVector256((uint*)x);
        Vector256<uint> xh = Avx2.BroadcastScalarToVector256((uint*)x + 1);
        low += Avx2.Multiply(xl, bl);
        cross += Avx2.Multiply(xl, bh);
        cross += Avx2.Multiply(xh, bl);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ulong* c, Vector256<ulong> low, Vector256<ulong> cross, bool accumulate)
    {
        Vector256<ulong> sum = low + (cross << 32);
        if (accumulate)
        {
            sum += Vector256.Load(c);
        }

        sum.Store(c);
    }
}
