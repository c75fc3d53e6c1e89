using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Distillation.Differentiation;

/// <summary>
/// Products of small matrices, row by row in memory. Sums run over the inner extent in order, whatever the shapes, so that a result does not depend on what else is computed beside it.
/// </summary>
internal static class MatrixProduct
{
    private const int TileRows = 4;

    /// <summary>c (m x n) += a (m x k) b (k x n); rows lie the given strides apart.</summary>
    public static void AddProduct<T>(ReadOnlySpan<T> a, int aStride, ReadOnlySpan<T> b, int bStride, Span<T> c, int cStride, int m, int k, int n)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        int row = 0;
        for (; row + TileRows <= m; row += TileRows)
        {
            int column = 0;
            for (; column + (2 * width) <= n; column += 2 * width)
            {
                Tile(a[(row * aStride)..], aStride, b[column..], bStride, c[((row * cStride) + column)..], cStride, k);
            }

            Rest(row, TileRows, column, a, b, c);
        }

        Rest(row, m - row, 0, a, b, c);

        void Rest(int firstRow, int rows, int firstColumn, ReadOnlySpan<T> left, ReadOnlySpan<T> right, Span<T> sums)
        {
            if (firstColumn == n)
            {
                return;
            }

            for (int i = firstRow; i < firstRow + rows; i++)
            {
                Span<T> target = sums.Slice(i * cStride, n)[firstColumn..];
                for (int p = 0; p < k; p++)
                {
                    AddScaled(left[(i * aStride) + p], right.Slice(p * bStride, n)[firstColumn..], target);
                }
            }
        }
    }

    /// <summary>target += factor x.</summary>
    public static void AddScaled<T>(T factor, ReadOnlySpan<T> x, Span<T> target)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        Vector512<T> factors = Vector512.Create(factor);
        ref T from = ref MemoryMarshal.GetReference(x);
        ref T to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i + width <= x.Length; i += width)
        {
            (Vector512.LoadUnsafe(ref to, (nuint)i) + (factors * Vector512.LoadUnsafe(ref from, (nuint)i))).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            target[i] += factor * x[i];
        }
    }

    /// <summary>target (n x m) = the transpose of x (m x n).</summary>
    public static void Transpose<T>(ReadOnlySpan<T> x, int xStride, Span<T> target, int m, int n)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        const int Block = 16;
        for (int i0 = 0; i0 < m; i0 += Block)
        {
            for (int j0 = 0; j0 < n; j0 += Block)
            {
                for (int i = i0; i < Math.Min(m, i0 + Block); i++)
                {
                    for (int j = j0; j < Math.Min(n, j0 + Block); j++)
                    {
                        target[(j * m) + i] = x[(i * xStride) + j];
                    }
                }
            }
        }
    }

    private static void Tile<T>(ReadOnlySpan<T> a, int aStride, ReadOnlySpan<T> b, int bStride, Span<T> c, int cStride, int k)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        ReadOnlySpan<T> a0 = a[..k], a1 = a.Slice(aStride, k), a2 = a.Slice(2 * aStride, k), a3 = a.Slice(3 * aStride, k);
        ref T right = ref MemoryMarshal.GetReference(b);
        ref T sums = ref MemoryMarshal.GetReference(c);
        _ = b[..(((k - 1) * bStride) + (2 * width))];
        _ = c[..((3 * cStride) + (2 * width))];
        nuint row1 = (nuint)cStride, row2 = (nuint)(2 * cStride), row3 = (nuint)(3 * cStride), half = (nuint)width;
        Vector512<T> c00 = Vector512.LoadUnsafe(ref sums), c01 = Vector512.LoadUnsafe(ref sums, half);
        Vector512<T> c10 = Vector512.LoadUnsafe(ref sums, row1), c11 = Vector512.LoadUnsafe(ref sums, row1 + half);
        Vector512<T> c20 = Vector512.LoadUnsafe(ref sums, row2), c21 = Vector512.LoadUnsafe(ref sums, row2 + half);
        Vector512<T> c30 = Vector512.LoadUnsafe(ref sums, row3), c31 = Vector512.LoadUnsafe(ref sums, row3 + half);
        for (int p = 0; p < a0.Length; p++)
        {
            nuint at = (nuint)(p * bStride);
            Vector512<T> b0 = Vector512.LoadUnsafe(ref right, at);
            Vector512<T> b1 = Vector512.LoadUnsafe(ref right, at + half);
            Vector512<T> x = Vector512.Create(a0[p]);
            c00 += x * b0;
            c01 += x * b1;
            x = Vector512.Create(a1[p]);
            c10 += x * b0;
            c11 += x * b1;
            x = Vector512.Create(a2[p]);
            c20 += x * b0;
            c21 += x * b1;
            x = Vector512.Create(a3[p]);
            c30 += x * b0;
            c31 += x * b1;
        }

        c00.StoreUnsafe(ref sums);
        c01.StoreUnsafe(ref sums, half);
        c10.StoreUnsafe(ref sums, row1);
        c11.StoreUnsafe(ref sums, row1 + half);
        c20.StoreUnsafe(ref sums, row2);
        c21.StoreUnsafe(ref sums, row2 + half);
        c30.StoreUnsafe(ref sums, row3);
        c31.StoreUnsafe(ref sums, row3 + half);
    }
}
