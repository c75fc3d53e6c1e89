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
        if (vectors && Mersenne127Vector.IsSupported && x.Length >= 2 * Mersenne127Vector.Words)
        {
            Vector512<ulong> sums = Vector512<ulong>.Zero;
            for (; done <= x.Length - Mersenne127Vector.Words; done += Mersenne127Vector.Words)
            {
                sums = Mersenne127Vector.Add(sums, Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(x), (nuint)done));
            }

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
