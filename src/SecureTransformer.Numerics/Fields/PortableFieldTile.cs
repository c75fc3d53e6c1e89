using System.Runtime.CompilerServices;

namespace SecureTransformer.Numerics;

/// <summary>Products of words with sums of three words: 2 a1 b1 + a0 b0 and a0 b1 + a1 b0, where 2^128 is 2 modulo p. One reduction for a whole sum.</summary>
internal readonly unsafe struct PortableFieldTile : IFieldTile
{
    public static bool IsSupported => true;

    public static int LeftWords(int depth) => depth * Mersenne127.WordCount;

    public static int RightWords(int depth) => IFieldTile.Width * LeftWords(depth);

    public static void ArrangeLeft(in FieldOperand a, int rows, int depth, ulong* to)
    {
        for (int i = 0; i < rows; i++)
        {
            ulong* from = a.Words + (i * a.RowStride);
            for (int k = 0; k < depth; k++, from += a.ColumnStride)
            {
                ulong* target = to + (i * LeftWords(depth)) + (k * Mersenne127.WordCount);
                target[0] = from[0];
                target[1] = from[1];
            }
        }
    }

    public static void ArrangeRight(in FieldOperand b, int depth, int columns, ulong* to)
    {
        ArrangeLeft(b.Transpose(), columns, depth, to);
        new Span<ulong>(to + (columns * LeftWords(depth)), (IFieldTile.Width - columns) * LeftWords(depth)).Clear();
    }

    public static void Run(ulong* left, int rows, ulong* right, int depth, ulong* result)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < IFieldTile.Width; j++, result += Mersenne127.WordCount)
            {
                Mersenne127 dot = Dot(left + (i * LeftWords(depth)), right + (j * LeftWords(depth)), depth);
                result[0] = dot.Low;
                result[1] = dot.High;
            }
        }
    }

    /// <summary>The sum of products of two runs of elements, at most 2^32.</summary>
    public static Mersenne127 Dot(ulong* x, ulong* y, int count)
    {
        ulong even0 = 0, even1 = 0, even2 = 0, odd0 = 0, odd1 = 0, odd2 = 0;
        unchecked
        {
            for (int k = 0; k < count; k++, x += Mersenne127.WordCount, y += Mersenne127.WordCount)
            {
                ulong high = Math.BigMul(x[0], y[0], out ulong low);
                Add(ref even0, ref even1, ref even2, low, high);
                high = Math.BigMul(x[1] << 1, y[1], out low);
                Add(ref even0, ref even1, ref even2, low, high);

                // Both below 2^127.
                high = Math.BigMul(x[0], y[1], out low);
                high += Math.BigMul(x[1], y[0], out ulong other);
                low += other;
                high += Mersenne127.Bit(low < other);
                Add(ref odd0, ref odd1, ref odd2, low, high);
            }
        }

        return Modulo(even0, even1, even2) + (Modulo(odd0, odd1, odd2) * new Mersenne127(0, 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref ulong sum0, ref ulong sum1, ref ulong sum2, ulong low, ulong high)
    {
        unchecked
        {
            sum0 += low;
            high += Mersenne127.Bit(sum0 < low);
            sum1 += high;
            sum2 += Mersenne127.Bit(sum1 < high);
        }
    }

    private static Mersenne127 Modulo(ulong sum0, ulong sum1, ulong sum2) =>
        Mersenne127.FromUInt128(new UInt128(sum1, sum0)) + new Mersenne127(sum2 << 1, sum2 >> 63);
}
