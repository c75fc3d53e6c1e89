using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

/// <content>The tiles of the last panel and of few rows.</content>
internal readonly unsafe partial struct Avx512Tile
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x16(
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
        Vector512<ulong> c00 = Vector512<ulong>.Zero, c01 = Vector512<ulong>.Zero;
        Vector512<ulong> c10 = Vector512<ulong>.Zero, c11 = Vector512<ulong>.Zero;
        Vector512<ulong> c20 = Vector512<ulong>.Zero, c21 = Vector512<ulong>.Zero;
        Vector512<ulong> c30 = Vector512<ulong>.Zero, c31 = Vector512<ulong>.Zero;
        Vector512<ulong> c40 = Vector512<ulong>.Zero, c41 = Vector512<ulong>.Zero;
        Vector512<ulong> c50 = Vector512<ulong>.Zero, c51 = Vector512<ulong>.Zero;
        Vector512<ulong> c60 = Vector512<ulong>.Zero, c61 = Vector512<ulong>.Zero;
        Vector512<ulong> c70 = Vector512<ulong>.Zero, c71 = Vector512<ulong>.Zero;
        nint at = 0;
        for (nint i = 0; i < k; i++, b += bRowStride, at += aColumnStride)
        {
            Vector512<ulong> b0 = Vector512.Load(b);
            Vector512<ulong> b1 = Vector512.Load(b + 8);
            Vector512<ulong> x = Vector512.Create(a0[at]);
            c00 += x * b0;
            c01 += x * b1;
            x = Vector512.Create(a1[at]);
            c10 += x * b0;
            c11 += x * b1;
            x = Vector512.Create(a2[at]);
            c20 += x * b0;
            c21 += x * b1;
            x = Vector512.Create(a3[at]);
            c30 += x * b0;
            c31 += x * b1;
            x = Vector512.Create(a4[at]);
            c40 += x * b0;
            c41 += x * b1;
            x = Vector512.Create(a5[at]);
            c50 += x * b0;
            c51 += x * b1;
            x = Vector512.Create(a6[at]);
            c60 += x * b0;
            c61 += x * b1;
            x = Vector512.Create(a7[at]);
            c70 += x * b0;
            c71 += x * b1;
        }

        Store(c, c00, c01, accumulate);
        if (rows > 1)
        {
            Store(c + cRowStride, c10, c11, accumulate);
        }

        if (rows > 2)
        {
            Store(c + 2 * cRowStride, c20, c21, accumulate);
        }

        if (rows > 3)
        {
            Store(c + 3 * cRowStride, c30, c31, accumulate);
        }

        if (rows > 4)
        {
            Store(c + 4 * cRowStride, c40, c41, accumulate);
        }

        if (rows > 5)
        {
            Store(c + 5 * cRowStride, c50, c51, accumulate);
        }

        if (rows > 6)
        {
            Store(c + 6 * cRowStride, c60, c61, accumulate);
        }

        if (rows > 7)
        {
            Store(c + 7 * cRowStride, c70, c71, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x8(
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
        Vector512<ulong> c00 = Vector512<ulong>.Zero;
        Vector512<ulong> c10 = Vector512<ulong>.Zero;
        Vector512<ulong> c20 = Vector512<ulong>.Zero;
        Vector512<ulong> c30 = Vector512<ulong>.Zero;
        Vector512<ulong> c40 = Vector512<ulong>.Zero;
        Vector512<ulong> c50 = Vector512<ulong>.Zero;
        Vector512<ulong> c60 = Vector512<ulong>.Zero;
        Vector512<ulong> c70 = Vector512<ulong>.Zero;
        nint at = 0;
        for (nint i = 0; i < k; i++, b += bRowStride, at += aColumnStride)
        {
            Vector512<ulong> b0 = Vector512.Load(b);
            Vector512<ulong> x = Vector512.Create(a0[at]);
            c00 += x * b0;
            x = Vector512.Create(a1[at]);
            c10 += x * b0;
            x = Vector512.Create(a2[at]);
            c20 += x * b0;
            x = Vector512.Create(a3[at]);
            c30 += x * b0;
            x = Vector512.Create(a4[at]);
            c40 += x * b0;
            x = Vector512.Create(a5[at]);
            c50 += x * b0;
            x = Vector512.Create(a6[at]);
            c60 += x * b0;
            x = Vector512.Create(a7[at]);
            c70 += x * b0;
        }

        Store(c, c00, accumulate);
        if (rows > 1)
        {
            Store(c + cRowStride, c10, accumulate);
        }

        if (rows > 2)
        {
            Store(c + 2 * cRowStride, c20, accumulate);
        }

        if (rows > 3)
        {
            Store(c + 3 * cRowStride, c30, accumulate);
        }

        if (rows > 4)
        {
            Store(c + 4 * cRowStride, c40, accumulate);
        }

        if (rows > 5)
        {
            Store(c + 5 * cRowStride, c50, accumulate);
        }

        if (rows > 6)
        {
            Store(c + 6 * cRowStride, c60, accumulate);
        }

        if (rows > 7)
        {
            Store(c + 7 * cRowStride, c70, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x24(
        int rows, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        // Rows that do not exist are the last one again; they are computed and not stored.
        nint last = rows - 1;
        ulong* a0 = a;
        ulong* a1 = a + nint.Min(1, last) * aRowStride;
        ulong* a2 = a + nint.Min(2, last) * aRowStride;
        ulong* a3 = a + nint.Min(3, last) * aRowStride;
        Vector512<ulong> c00 = Vector512<ulong>.Zero, c01 = Vector512<ulong>.Zero, c02 = Vector512<ulong>.Zero;
        Vector512<ulong> c10 = Vector512<ulong>.Zero, c11 = Vector512<ulong>.Zero, c12 = Vector512<ulong>.Zero;
        Vector512<ulong> c20 = Vector512<ulong>.Zero, c21 = Vector512<ulong>.Zero, c22 = Vector512<ulong>.Zero;
        Vector512<ulong> c30 = Vector512<ulong>.Zero, c31 = Vector512<ulong>.Zero, c32 = Vector512<ulong>.Zero;
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
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x24(
        ulong* a, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, bool accumulate)
    {
        ulong* a0 = a;
        Vector512<ulong> c00 = Vector512<ulong>.Zero, c01 = Vector512<ulong>.Zero, c02 = Vector512<ulong>.Zero;
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
        }

        Store(c, c00, c01, c02, accumulate);
    }
}
