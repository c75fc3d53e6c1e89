using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <content>
/// Inner products with the rows of a panel. Eight rows of b come from memory once, whatever the rows of a; their eight sums, one register each, become one vector of
/// c by 14 shuffles and 7 additions.
/// </content>
internal readonly unsafe partial struct Avx512Tile
{
    private const int RowsAtOnce = 8;

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

            nint r = 0;
            for (; width == PackedMatrix.PanelWidth && r + 1 < rows; r += 2)
            {
                Add2x24(a + r * width, b, c + r * cRowStride + i, cRowStride);
            }

            for (; r < rows; r++)
            {
                ulong* target = c + r * cRowStride + i;
                Vector512<ulong> sums = width == PackedMatrix.PanelWidth ? Sums24(a + r * width, b) : Sums(a + r * width, b, width);
                (Vector512.Load(target) + sums).Store(target);
            }
        }

        for (nint i = whole; i < k; i++, b += width)
        {
            for (nint r = 0; r < rows; r++)
            {
                ulong* target = c + r * cRowStride + i;
                *target = unchecked(*target + Vector512.Sum(Row(a + r * width, b, width)));
            }
        }
    }

    // Two rows of a share the loads of b, which would bound one alone.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add2x24(ulong* a, ulong* b, ulong* c, nint cRowStride)
    {
        Vector512<ulong> a0 = Vector512.Load(a);
        Vector512<ulong> a1 = Vector512.Load(a + 8);
        Vector512<ulong> a2 = Vector512.Load(a + 16);
        Vector512<ulong> d0 = Vector512.Load(a + 24);
        Vector512<ulong> d1 = Vector512.Load(a + 32);
        Vector512<ulong> d2 = Vector512.Load(a + 40);
        Pair24(a0, a1, a2, d0, d1, d2, b, out Vector512<ulong> x0, out Vector512<ulong> y0);
        Pair24(a0, a1, a2, d0, d1, d2, b + 48, out Vector512<ulong> x1, out Vector512<ulong> y1);
        Pair24(a0, a1, a2, d0, d1, d2, b + 96, out Vector512<ulong> x2, out Vector512<ulong> y2);
        Pair24(a0, a1, a2, d0, d1, d2, b + 144, out Vector512<ulong> x3, out Vector512<ulong> y3);
        (Vector512.Load(c) + Reduce(Reduce(x0, x1), Reduce(x2, x3))).Store(c);
        (Vector512.Load(c + cRowStride) + Reduce(Reduce(y0, y1), Reduce(y2, y3))).Store(c + cRowStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair24(
        Vector512<ulong> a0,
        Vector512<ulong> a1,
        Vector512<ulong> a2,
        Vector512<ulong> d0,
        Vector512<ulong> d1,
        Vector512<ulong> d2,
        ulong* b,
        out Vector512<ulong> x,
        out Vector512<ulong> y)
    {
        Vector512<ulong> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 8), b2 = Vector512.Load(b + 16);
        Vector512<ulong> e0 = Vector512.Load(b + 24), e1 = Vector512.Load(b + 32), e2 = Vector512.Load(b + 40);
        x = Pair(a0 * b0 + a1 * b1 + a2 * b2, a0 * e0 + a1 * e1 + a2 * e2);
        y = Pair(d0 * b0 + d1 * b1 + d2 * b2, d0 * e0 + d1 * e1 + d2 * e2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Sums24(ulong* a, ulong* b)
    {
        Vector512<ulong> a0 = Vector512.Load(a);
        Vector512<ulong> a1 = Vector512.Load(a + 8);
        Vector512<ulong> a2 = Vector512.Load(a + 16);
        return Reduce(
            Reduce(
                Pair(Row24(a0, a1, a2, b), Row24(a0, a1, a2, b + 24)),
                Pair(Row24(a0, a1, a2, b + 48), Row24(a0, a1, a2, b + 72))),
            Reduce(
                Pair(Row24(a0, a1, a2, b + 96), Row24(a0, a1, a2, b + 120)),
                Pair(Row24(a0, a1, a2, b + 144), Row24(a0, a1, a2, b + 168))));
    }

    private static Vector512<ulong> Sums(ulong* a, ulong* b, int width) => Reduce(
        Reduce(
            Pair(Row(a, b, width), Row(a, b + width, width)),
            Pair(Row(a, b + 2 * width, width), Row(a, b + 3 * width, width))),
        Reduce(
            Pair(Row(a, b + 4 * width, width), Row(a, b + 5 * width, width)),
            Pair(Row(a, b + 6 * width, width), Row(a, b + 7 * width, width))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Row24(Vector512<ulong> a0, Vector512<ulong> a1, Vector512<ulong> a2, ulong* b) =>
        a0 * Vector512.Load(b) + a1 * Vector512.Load(b + 8) + a2 * Vector512.Load(b + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Row(ulong* a, ulong* b, int width)
    {
        Vector512<ulong> sum = Vector512.Load(a) * Vector512.Load(b);
        for (int j = PackedMatrix.VectorWidth; j < width; j += PackedMatrix.VectorWidth)
        {
            sum += Vector512.Load(a + j) * Vector512.Load(b + j);
        }

        return sum;
    }

    /// <summary>The sums of each two neighbours, of x and y in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Pair(Vector512<ulong> x, Vector512<ulong> y) => Avx512F.UnpackLow(x, y) + Avx512F.UnpackHigh(x, y);

    /// <summary>The sums of each two neighbouring 128-bit lanes, those of x first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Reduce(Vector512<ulong> x, Vector512<ulong> y) =>
        Avx512F.Shuffle4x128(x, y, 0b10_00_10_00) + Avx512F.Shuffle4x128(x, y, 0b11_01_11_01);
}
