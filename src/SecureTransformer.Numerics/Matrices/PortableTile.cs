using System.Runtime.CompilerServices;

namespace SecureTransformer.Numerics;

/// <summary>Scalar code, 2 x 4 products in registers.</summary>
internal readonly unsafe struct PortableTile : IRingTile
{
    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        int rows, int width, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate)
    {
        unchecked
        {
            for (int r = 0; r < rows; r += 2)
            {
                bool pair = r + 1 < rows;
                ulong* a0 = a + r * aRowStride;
                ulong* a1 = pair ? a0 + aRowStride : a0;
                for (int j = 0; j < width; j += 4)
                {
                    ulong s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
                    ulong* p = b + j;
                    nint at = 0;
                    for (nint i = 0; i < k; i++, p += bRowStride, at += aColumnStride)
                    {
                        ulong x = a0[at];
                        ulong y = a1[at];
                        s00 += x * p[0];
                        s01 += x * p[1];
                        s02 += x * p[2];
                        s03 += x * p[3];
                        s10 += y * p[0];
                        s11 += y * p[1];
                        s12 += y * p[2];
                        s13 += y * p[3];
                    }

                    Store(c + r * cRowStride + j, s00, s01, s02, s03, accumulate);
                    if (pair)
                    {
                        Store(c + (r + 1) * cRowStride + j, s10, s11, s12, s13, accumulate);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyTransposed(int rows, int width, ulong* a, ulong* b, nint k, ulong* c, nint cRowStride)
    {
        unchecked
        {
            for (nint i = 0; i < k; i++, b += width)
            {
                for (nint r = 0; r < rows; r++)
                {
                    ulong* row = a + r * width;
                    ulong s0 = 0, s1 = 0, s2 = 0, s3 = 0;
                    for (int j = 0; j < width; j += 4)
                    {
                        s0 += row[j] * b[j];
                        s1 += row[j + 1] * b[j + 1];
                        s2 += row[j + 2] * b[j + 2];
                        s3 += row[j + 3] * b[j + 3];
                    }

                    c[r * cRowStride + i] += s0 + s1 + s2 + s3;
                }
            }
        }
    }

    private static void Store(ulong* c, ulong s0, ulong s1, ulong s2, ulong s3, bool accumulate)
    {
        unchecked
        {
            c[0] = accumulate ? c[0] + s0 : s0;
            c[1] = accumulate ? c[1] + s1 : s1;
            c[2] = accumulate ? c[2] + s2 : s2;
            c[3] = accumulate ? c[3] + s3 : s3;
        }
    }
}
