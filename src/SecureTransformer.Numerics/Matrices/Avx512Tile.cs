using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>
/// AVX-512DQ: vpmullq multiplies eight pairs of words. 24 of the 32 registers accumulate the whole tile of 8 x 24; three hold a row of
/// b, the rest a broadcast element of a and products. Each step of k is 24 multiplications and 24 additions for 11 loads.
/// </summary>
internal readonly unsafe partial struct Avx512Tile : IRingTile
{
    // Rows of b between the one that is read and the one that is asked of memory: 8 KB of a panel. Hardware prefetchers stop at the end of a page of 4 KB.
    private const int RowsAhead = 42;

    public static bool IsSupported => Avx512DQ.IsSupported && Vector512.IsHardwareAccelerated;

    public static void Multiply(
        int rows, int width, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        switch (width)
        {
            case 24 when rows > 4:
                Tile8x24(rows, a, aRowStride, aColumnStride, b, bRowStride, k, c, cRowStride, accumulate);
                break;
            case 24 when rows > 1:
                Tile4x24(rows, a, aRowStride, aColumnStride, b, bRowStride, k, c, cRowStride, accumulate);
                break;
            case 24:
                Tile1x24(a, aColumnStride, b, bRowStride, k, c, accumulate);
                break;
            case 16:
                Tile8x16(rows, a, aRowStride, aColumnStride, b, bRowStride, k, c, cRowStride, accumulate);
                break;
            default:
                Tile8x8(rows, a, aRowStride, aColumnStride, b, bRowStride, k, c, cRowStride, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x24(
        int rows, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        // Rows that do not exist are the last one again; they are computed and not stored.
        nint last = rows - 1;
        ulong* a0 = a;
        ulong* a1 = a + nint.Min(1, last) * aRowStride;
        ulong* a2 = a + nint.Min(2, last) * aRowStride;
        ulong* a3 = a + nint.Min(3, last) * aRowStride;
        ulong* a4 = a + nint.Min(4, last) * aRowStride;
        ulong* a5 = a + nint.Min(5, last) * aRowStride;
        ulong* a6 = a + nint.Min(6, last) * aRowStride;
        ulong* a7 = a + nint.Min(7, last) * aRowStride;
        Vector512<ulong> c00 = Vector512<ulong>.Zero, c01 = Vector512<ulong>.Zero, c02 = Vector512<ulong>.Zero;
        Vector512<ulong> c10 = Vector512<ulong>.Zero, c11 = Vector512<ulong>.Zero, c12 = Vector512<ulong>.Zero;
        Vector512<ulong> c20 = Vector512<ulong>.Zero, c21 = Vector512<ulong>.Zero, c22 = Vector512<ulong>.Zero;
        Vector512<ulong> c30 = Vector512<ulong>.Zero, c31 = Vector512<ulong>.Zero, c32 = Vector512<ulong>.Zero;
        Vector512<ulong> c40 = Vector512<ulong>.Zero, c41 = Vector512<ulong>.Zero, c42 = Vector512<ulong>.Zero;
        Vector512<ulong> c50 = Vector512<ulong>.Zero, c51 = Vector512<ulong>.Zero, c52 = Vector512<ulong>.Zero;
        Vector512<ulong> c60 = Vector512<ulong>.Zero, c61 = Vector512<ulong>.Zero, c62 = Vector512<ulong>.Zero;
        Vector512<ulong> c70 = Vector512<ulong>.Zero, c71 = Vector512<ulong>.Zero, c72 = Vector512<ulong>.Zero;
        // The lines of c are far apart, and no hardware prefetcher sees them come.
        for (nint r = 0; r < rows; r++)
        {
            ulong* line = c + r * cRowStride;
            Sse.Prefetch0(line);
            Sse.Prefetch0(line + 8);
            Sse.Prefetch0(line + 16);
            Sse.Prefetch0(line + 23);
        }

        nint ahead = RowsAhead * bRowStride;
        nint at = 0;
        for (nint i = 0; i < k; i++, b += bRowStride, at += aColumnStride)
        {
            Prefetch24(b + ahead);
            Vector512<ulong> b0 = Vector512.Load(b);
            Vector512<ulong> b1 = Vector512.Load(b + 8);
            Vector512<ulong> b2 = Vector512.Load(b + 16);
            Vector512<ulong> x = Vector512.Create(a0[at]);
            c00 += x * b0;
            c01 += x * b1;
            c02 += x * b2;
            x = Vector512.Create(a1[at]);
            c10 += x * b0;
            c11 += x * b1;
            c12 += x * b2;
            x = Vector512.Create(a2[at]);
            c20 += x * b0;
            c21 += x * b1;
            c22 += x * b2;
            x = Vector512.Create(a3[at]);
            c30 += x * b0;
            c31 += x * b1;
            c32 += x * b2;
            x = Vector512.Create(a4[at]);
            c40 += x * b0;
            c41 += x * b1;
            c42 += x * b2;
            x = Vector512.Create(a5[at]);
            c50 += x * b0;
            c51 += x * b1;
            c52 += x * b2;
            x = Vector512.Create(a6[at]);
            c60 += x * b0;
            c61 += x * b1;
            c62 += x * b2;
            x = Vector512.Create(a7[at]);
            c70 += x * b0;
            c71 += x * b1;
            c72 += x * b2;
        }

        Store(c, c00, c01, c02, accumulate);
        if (rows > 1)
        {
            Store(c + cRowStride, c10, c11, c12, accumulate);
        }

        if (rows > 2)
        {
            Store(c + 2 * cRowStride, c20, c21, c22, accumulate);
        }

        if (rows > 3)
        {
            Store(c + 3 * cRowStride, c30, c31, c32, accumulate);
        }

        if (rows > 4)
        {
            Store(c + 4 * cRowStride, c40, c41, c42, accumulate);
        }

        if (rows > 5)
        {
            Store(c + 5 * cRowStride, c50, c51, c52, accumulate);
        }

        if (rows > 6)
        {
            Store(c + 6 * cRowStride, c60, c61, c62, accumulate);
        }

        if (rows > 7)
        {
            Store(c + 7 * cRowStride, c70, c71, c72, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch24(ulong* row)
    {
        Sse.Prefetch0(row);
        Sse.Prefetch0(row + 8);
        Sse.Prefetch0(row + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ulong* c, Vector512<ulong> v0, Vector512<ulong> v1, Vector512<ulong> v2, bool accumulate)
    {
        if (accumulate)
        {
            v0 += Vector512.Load(c);
            v1 += Vector512.Load(c + 8);
            v2 += Vector512.Load(c + 16);
        }

        v0.Store(c);
        v1.Store(c + 8);
        v2.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ulong* c, Vector512<ulong> v0, Vector512<ulong> v1, bool accumulate)
    {
        if (accumulate)
        {
            v0 += Vector512.Load(c);
            v1 += Vector512.Load(c + 8);
        }

        v0.Store(c);
        v1.Store(c + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ulong* c, Vector512<ulong> v0, bool accumulate)
    {
        if (accumulate)
        {
            v0 += Vector512.Load(c);
        }

        v0.Store(c);
    }
}
