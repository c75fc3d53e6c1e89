using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static partial class FieldKernels
{
    /// <summary>The sum of each row of a matrix without gaps.</summary>
    /// <param name="x">The matrix, rows x columns elements.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The sums, one element for each row; apart from <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void SumRows(ReadOnlySpan<ulong> x, int rows, int columns, Span<ulong> destination)
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        Span<Mersenne127> sums = Elements(destination, rows, nameof(destination));
        int width = columns * Mersenne127.WordCount;
        for (int i = 0; i < rows; i++)
        {
            sums[i] = Sum(x.Slice(i * width, width), vectors: true);
        }
    }

    /// <summary>The sum of each column of a matrix without gaps: of all its rows.</summary>
    /// <param name="x">The matrix, rows x columns elements.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The sums, one element for each column; apart from <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void SumColumns(ReadOnlySpan<ulong> x, int rows, int columns, Span<ulong> destination)
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(destination.Length, columns, 1, nameof(destination));
        destination.Clear();
        for (int i = 0; i < rows; i++)
        {
            AddInto(destination, x.Slice(i * destination.Length, destination.Length));
        }
    }

    internal static Mersenne127 Sum(ReadOnlySpan<ulong> x, bool vectors)
    {
        Mersenne127 sum = Mersenne127.Zero;
        int done = 0;
        if (vectors && Mersenne127Vector.IsSupported && x.Length >= 4 * Mersenne127Vector.Words)
        {
            // Four sums side by side: one addition waits for another.
            ref ulong p = ref MemoryMarshal.GetReference(x);
            Vector512<ulong> s0 = Vector512<ulong>.Zero, s1 = s0, s2 = s0, s3 = s0;
            for (; done <= x.Length - (4 * Mersenne127Vector.Words); done += 4 * Mersenne127Vector.Words)
            {
                s0 = Mersenne127Vector.Add(s0, Vector512.LoadUnsafe(ref p, (nuint)done));
                s1 = Mersenne127Vector.Add(s1, Vector512.LoadUnsafe(ref p, (nuint)(done + Mersenne127Vector.Words)));
                s2 = Mersenne127Vector.Add(s2, Vector512.LoadUnsafe(ref p, (nuint)(done + (2 * Mersenne127Vector.Words))));
                s3 = Mersenne127Vector.Add(s3, Vector512.LoadUnsafe(ref p, (nuint)(done + (3 * Mersenne127Vector.Words))));
            }

            Vector512<ulong> sums = Mersenne127Vector.Add(Mersenne127Vector.Add(s0, s1), Mersenne127Vector.Add(s2, s3));
            for (int i = 0; i < Mersenne127Vector.Words; i += Mersenne127.WordCount)
            {
                sum += new Mersenne127(sums[i], sums[i + 1]);
            }
        }

        foreach (Mersenne127 element in Mersenne127.AsElements(x[done..]))
        {
            sum += element;
        }

        return sum;
    }

    private static void CheckShape(int length, int rows, int columns, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (length != (Int128)rows * columns * Mersenne127.WordCount)
        {
            throw new ArgumentException($"{length} words do not hold {rows} x {columns} elements of {Mersenne127.WordCount} words.", name);
        }
    }
}
