using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static unsafe partial class FieldKernels
{
    // Products summed before carries are taken; see Limbs26.
    private const int TermsAtOnce = 256;

    /// <summary>The dot product of each row of one matrix with the same row of another: destination[i] = sum over j of x[i, j] y[i, j]. One reduction in 2048 terms.</summary>
    /// <param name="x">The first matrix, rows x columns elements without gaps.</param>
    /// <param name="y">The second matrix.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The products, one element for each row; apart from the matrices.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void DotRows(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, int rows, int columns, Span<ulong> destination) =>
        DotRows(FieldMatrix.BestPath, x, y, rows, columns, destination);

    internal static void DotRows(FieldPath path, ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, int rows, int columns, Span<ulong> destination)
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(y.Length, rows, columns, nameof(y));
        Span<Mersenne127> result = Elements(destination, rows, nameof(destination));
        fixed (ulong* px = x)
        fixed (ulong* py = y)
        {
            for (int i = 0; i < rows; i++)
            {
                nint at = (nint)i * columns * Mersenne127.WordCount;
                int done = 0;
                Mersenne127 sum = Mersenne127.Zero;
                if (path == FieldPath.Avx512)
                {
                    for (; columns - done >= IFieldTile.Width; done += Math.Min(columns - done, IFieldTile.Width * TermsAtOnce) / IFieldTile.Width * IFieldTile.Width)
                    {
                        nint from = at + (done * Mersenne127.WordCount);
                        sum += Dot(px + from, py + from, Math.Min((columns - done) / IFieldTile.Width, TermsAtOnce));
                    }
                }

                nint rest = at + (done * Mersenne127.WordCount);
                result[i] = sum + PortableFieldTile.Dot(px + rest, py + rest, columns - done);
            }
        }
    }

    /// <summary>The sum of products of eight times <paramref name="count"/> pairs.</summary>
    private static Mersenne127 Dot(ulong* x, ulong* y, int count)
    {
        Vector512<ulong> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default, c8 = default;
        for (int k = 0; k < count; k++, x += 16, y += 16)
        {
            MultiplyAdd(x, y, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8);
        }

        Limbs26.Reduce(c0, c1, c2, c3, c4, c5, c6, c7, c8, out Vector512<ulong> first, out Vector512<ulong> second);
        Vector512<ulong> four = Mersenne127Vector.Add(first, second);
        Mersenne127 sum = new(four[0], four[1]);
        sum += new Mersenne127(four[2], four[3]);
        sum += new Mersenne127(four[4], four[5]);
        return sum + new Mersenne127(four[6], four[7]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(
        ulong* x,
        ulong* y,
        ref Vector512<ulong> c0,
        ref Vector512<ulong> c1,
        ref Vector512<ulong> c2,
        ref Vector512<ulong> c3,
        ref Vector512<ulong> c4,
        ref Vector512<ulong> c5,
        ref Vector512<ulong> c6,
        ref Vector512<ulong> c7,
        ref Vector512<ulong> c8)
    {
        Limbs26.Load(x, Mersenne127.WordCount, out Vector512<ulong> low, out Vector512<ulong> high);
        Limbs26.Split(low, high, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3, out Vector512<ulong> x4);
        Limbs26.Load(y, Mersenne127.WordCount, out low, out high);
        Limbs26.Split(low, high, out Vector512<ulong> y0, out Vector512<ulong> y1, out Vector512<ulong> y2, out Vector512<ulong> y3, out Vector512<ulong> y4);
        Limbs26.MultiplyAdd(x0, x1, x2, x3, x4, y0, y1, y2, y3, y4, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8);
    }
}
