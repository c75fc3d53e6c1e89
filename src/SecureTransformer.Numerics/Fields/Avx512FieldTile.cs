using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>Eight columns side by side in limbs of 26 bits: 25 products of limbs an element, no carry before the end of a pass.</summary>
internal readonly unsafe struct Avx512FieldTile : IFieldTile
{
    // Of a row, the limbs of eight elements lie together, limb by limb.
    private const int BlockWords = Limbs26.Count * IFieldTile.Width;

    public static bool IsSupported => Limbs26.IsSupported && Avx512DQ.IsSupported;

    public static int LeftWords(int depth) => (depth + IFieldTile.Width - 1) / IFieldTile.Width * BlockWords;

    public static int RightWords(int depth) => depth * BlockWords;

    public static void ArrangeLeft(in FieldOperand a, int rows, int depth, ulong* to)
    {
        ulong* rest = stackalloc ulong[IFieldTile.Width * Mersenne127.WordCount];
        for (int i = 0; i < rows; i++)
        {
            ulong* from = a.Words + (i * a.RowStride);
            for (int k = 0; k < depth; k += IFieldTile.Width, from += IFieldTile.Width * a.ColumnStride, to += BlockWords)
            {
                Vector512<ulong> low, high;
                if (depth - k >= IFieldTile.Width)
                {
                    Limbs26.Load(from, a.ColumnStride, out low, out high);
                }
                else
                {
                    Gather(from, a.ColumnStride, depth - k, rest);
                    Limbs26.Load(rest, Mersenne127.WordCount, out low, out high);
                }

                Limbs26.Split(low, high, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3, out Vector512<ulong> x4);
                x0.Store(to);
                x1.Store(to + 8);
                x2.Store(to + 16);
                x3.Store(to + 24);
                x4.Store(to + 32);
            }
        }

        new Span<ulong>(rest, IFieldTile.Width * Mersenne127.WordCount).Clear();
    }

    public static void ArrangeRight(in FieldOperand b, int depth, int columns, ulong* to)
    {
        ulong* rest = stackalloc ulong[IFieldTile.Width * Mersenne127.WordCount];
        ulong* from = b.Words;
        for (int k = 0; k < depth; k++, from += b.RowStride, to += BlockWords)
        {
            Vector512<ulong> low, high;
            if (columns == IFieldTile.Width)
            {
                Limbs26.Load(from, b.ColumnStride, out low, out high);
            }
            else
            {
                Gather(from, b.ColumnStride, columns, rest);
                Limbs26.Load(rest, Mersenne127.WordCount, out low, out high);
            }

            Limbs26.Split(low, high, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3, out Vector512<ulong> x4);
            x0.StoreAligned(to);
            x1.StoreAligned(to + 8);
            x2.StoreAligned(to + 16);
            x3.StoreAligned(to + 24);
            x4.StoreAligned(to + 32);
        }

        new Span<ulong>(rest, IFieldTile.Width * Mersenne127.WordCount).Clear();
    }

    public static void Run(ulong* left, int rows, ulong* right, int depth, ulong* result)
    {
        if (rows == 2)
        {
            Two(left, right, depth, result);
        }
        else
        {
            One(left, right, depth, result);
        }
    }

    private static void Two(ulong* left, ulong* right, int depth, ulong* result)
    {
        Vector512<ulong> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default, c8 = default;
        Vector512<ulong> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default, d8 = default;
        ulong* other = left + LeftWords(depth);
        for (int k = 0; k < depth;)
        {
            int end = Math.Min(k + IFieldTile.Width, depth);
            for (; k < end; k++, left++, other++, right += BlockWords)
            {
                Vector512<ulong> y0 = Vector512.LoadAligned(right);
                Vector512<ulong> y1 = Vector512.LoadAligned(right + 8);
                Vector512<ulong> y2 = Vector512.LoadAligned(right + 16);
                Vector512<ulong> y3 = Vector512.LoadAligned(right + 24);
                Vector512<ulong> y4 = Vector512.LoadAligned(right + 32);

                Vector512<ulong> x = Vector512.Create(left[0]);
                c0 += Limbs26.Product(x, y0);
                c1 += Limbs26.Product(x, y1);
                c2 += Limbs26.Product(x, y2);
                c3 += Limbs26.Product(x, y3);
                c4 += Limbs26.Product(x, y4);
                x = Vector512.Create(other[0]);
                d0 += Limbs26.Product(x, y0);
                d1 += Limbs26.Product(x, y1);
                d2 += Limbs26.Product(x, y2);
                d3 += Limbs26.Product(x, y3);
                d4 += Limbs26.Product(x, y4);
                x = Vector512.Create(left[8]);
                c1 += Limbs26.Product(x, y0);
                c2 += Limbs26.Product(x, y1);
                c3 += Limbs26.Product(x, y2);
                c4 += Limbs26.Product(x, y3);
                c5 += Limbs26.Product(x, y4);
                x = Vector512.Create(other[8]);
                d1 += Limbs26.Product(x, y0);
                d2 += Limbs26.Product(x, y1);
                d3 += Limbs26.Product(x, y2);
                d4 += Limbs26.Product(x, y3);
                d5 += Limbs26.Product(x, y4);
                x = Vector512.Create(left[16]);
                c2 += Limbs26.Product(x, y0);
                c3 += Limbs26.Product(x, y1);
                c4 += Limbs26.Product(x, y2);
                c5 += Limbs26.Product(x, y3);
                c6 += Limbs26.Product(x, y4);
                x = Vector512.Create(other[16]);
                d2 += Limbs26.Product(x, y0);
                d3 += Limbs26.Product(x, y1);
                d4 += Limbs26.Product(x, y2);
                d5 += Limbs26.Product(x, y3);
                d6 += Limbs26.Product(x, y4);
                x = Vector512.Create(left[24]);
                c3 += Limbs26.Product(x, y0);
                c4 += Limbs26.Product(x, y1);
                c5 += Limbs26.Product(x, y2);
                c6 += Limbs26.Product(x, y3);
                c7 += Limbs26.Product(x, y4);
                x = Vector512.Create(other[24]);
                d3 += Limbs26.Product(x, y0);
                d4 += Limbs26.Product(x, y1);
                d5 += Limbs26.Product(x, y2);
                d6 += Limbs26.Product(x, y3);
                d7 += Limbs26.Product(x, y4);
                x = Vector512.Create(left[32]);
                c4 += Limbs26.Product(x, y0);
                c5 += Limbs26.Product(x, y1);
                c6 += Limbs26.Product(x, y2);
                c7 += Limbs26.Product(x, y3);
                c8 += Limbs26.Product(x, y4);
                x = Vector512.Create(other[32]);
                d4 += Limbs26.Product(x, y0);
                d5 += Limbs26.Product(x, y1);
                d6 += Limbs26.Product(x, y2);
                d7 += Limbs26.Product(x, y3);
                d8 += Limbs26.Product(x, y4);
            }

            left += BlockWords - IFieldTile.Width;
            other += BlockWords - IFieldTile.Width;
        }

        Limbs26.Reduce(c0, c1, c2, c3, c4, c5, c6, c7, c8, out Vector512<ulong> first, out Vector512<ulong> second);
        first.Store(result);
        second.Store(result + 8);
        Limbs26.Reduce(d0, d1, d2, d3, d4, d5, d6, d7, d8, out first, out second);
        first.Store(result + 16);
        second.Store(result + 24);
    }

    private static void One(ulong* left, ulong* right, int depth, ulong* result)
    {
        Vector512<ulong> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default, c8 = default;
        for (int k = 0; k < depth;)
        {
            int end = Math.Min(k + IFieldTile.Width, depth);
            for (; k < end; k++, left++, right += BlockWords)
            {
                Vector512<ulong> y0 = Vector512.LoadAligned(right);
                Vector512<ulong> y1 = Vector512.LoadAligned(right + 8);
                Vector512<ulong> y2 = Vector512.LoadAligned(right + 16);
                Vector512<ulong> y3 = Vector512.LoadAligned(right + 24);
                Vector512<ulong> y4 = Vector512.LoadAligned(right + 32);
                Limbs26.MultiplyAdd(
                    Vector512.Create(left[0]),
                    Vector512.Create(left[8]),
                    Vector512.Create(left[16]),
                    Vector512.Create(left[24]),
                    Vector512.Create(left[32]),
                    y0,
                    y1,
                    y2,
                    y3,
                    y4,
                    ref c0,
                    ref c1,
                    ref c2,
                    ref c3,
                    ref c4,
                    ref c5,
                    ref c6,
                    ref c7,
                    ref c8);
            }

            left += BlockWords - IFieldTile.Width;
        }

        Limbs26.Reduce(c0, c1, c2, c3, c4, c5, c6, c7, c8, out Vector512<ulong> first, out Vector512<ulong> second);
        first.Store(result);
        second.Store(result + 8);
    }

    private static void Gather(ulong* from, nint stride, int count, ulong* to)
    {
        for (int i = 0; i < IFieldTile.Width; i++)
        {
            to[2 * i] = i < count ? from[i * stride] : 0;
            to[(2 * i) + 1] = i < count ? from[(i * stride) + 1] : 0;
        }
    }
}
