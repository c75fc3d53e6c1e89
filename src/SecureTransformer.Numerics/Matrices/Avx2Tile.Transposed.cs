using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <content>Inner products with the rows of a panel, four at a time: their four sums become one vector of c.</content>
internal readonly unsafe partial struct Avx2Tile
{
    private const int RowsAtOnce = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyTransposed(int rows, int width, ulong* a, ulong* b, nint k, ulong* c, nint cRowStride)
    {
        nint whole = k / RowsAtOnce * RowsAtOnce;
        for (nint i = 0; i < whole; i += RowsAtOnce, b += (nint)RowsAtOnce * width)
        {
            ulong* ahead = b + RowsAhead * (nint)width;
            for (nint line = 0; line < (nint)RowsAtOnce * width; line += PackedMatrix.VectorWidth)
            {
                Sse.Prefetch0(ahead + line);
            }

            for (nint r = 0; r < rows; r++)
            {
                ulong* from = a + r * width;
                Vector256<ulong> x = Pair(Row(from, b, width), Row(from, b + width, width));
                Vector256<ulong> y = Pair(Row(from, b + 2 * width, width), Row(from, b + 3 * width, width));
                Vector256<ulong> sums = Avx2.Permute2x128(x, y, 0x20) + Avx2.Permute2x128(x, y, 0x31);
                ulong* target = c + r * cRowStride + i;
                (Vector256.Load(target) + sums).Store(target);
            }
        }

        for (nint i = whole; i < k; i++, b += width)
        {
            for (nint r = 0; r < rows; r++)
            {
                ulong* target = c + r * cRowStride + i;
                *target = unchecked(*target + Vector256.Sum(Row(a + r * width, b, width)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Row(ulong* a, ulong* b, int width)
    {
        Vector256<ulong> low = Vector256<ulong>.Zero, cross = Vector256<ulong>.Zero;
        for (int j = 0; j < width; j += 4)
        {
            Vector256<uint> x = Vector256.Load(a + j).AsUInt32();
            Vector256<uint> y = Vector256.Load(b + j).AsUInt32();
            low += Avx2.Multiply(x, y);
            cross += Avx2.Multiply(x, Avx2.ShiftRightLogical(y.AsUInt64(), 32).AsUInt32());
            cross += Avx2.Multiply(Avx2.ShiftRightLogical(x.AsUInt64(), 32).AsUInt32(), y);
        }

        return low + (cross << 32);
    }

    /// <summary>The sums of each two neighbours, of x and y in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Pair(Vector256<ulong> x, Vector256<ulong> y) => Avx2.UnpackLow(x, y) + Avx2.UnpackHigh(x, y);
}
