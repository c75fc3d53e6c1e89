using System.Numerics;
using System.Numerics.Tensors;

namespace SecureTransformer.Numerics;

public static partial class RingKernels
{
    /// <summary>destination[i, j] = x[i, j] + row[j], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="row">The operand of every row: one number for each column.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void AddRow<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> row, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(row.Length, columns, 1, nameof(row));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Add(x.Slice(start, columns), row, destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i, j] = x[i, j] - row[j], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="row">The operand of every row: one number for each column.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void SubtractRow<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> row, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(row.Length, columns, 1, nameof(row));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Subtract(x.Slice(start, columns), row, destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i, j] = x[i, j] * row[j], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="row">The operand of every row: one number for each column.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void MultiplyRow<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> row, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(row.Length, columns, 1, nameof(row));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Multiply(x.Slice(start, columns), row, destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i, j] = x[i, j] + column[i], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="column">The operand of every column: one number for each row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void AddColumn<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> column, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(column.Length, rows, 1, nameof(column));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Add(x.Slice(start, columns), column[i], destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i, j] = x[i, j] - column[i], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="column">The operand of every column: one number for each row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void SubtractColumn<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> column, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(column.Length, rows, 1, nameof(column));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Subtract(x.Slice(start, columns), column[i], destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i, j] = x[i, j] * column[i], for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="column">The operand of every column: one number for each row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">The result, rows x columns.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void MultiplyColumn<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> column, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(column.Length, rows, 1, nameof(column));
        CheckShape(destination.Length, rows, columns, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            int start = i * columns;
            TensorPrimitives.Multiply(x.Slice(start, columns), column[i], destination.Slice(start, columns));
        }
    }

    /// <summary>destination[i] = the sum of row i, for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">One sum for each row.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void RowSums<T>(ReadOnlySpan<T> x, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(destination.Length, rows, 1, nameof(destination));
        for (int i = 0; i < rows; i++)
        {
            destination[i] = TensorPrimitives.Sum(x.Slice(i * columns, columns));
        }
    }

    /// <summary>destination[j] = the sum of column j, for a matrix of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="destination">One sum for each column; not part of <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void ColumnSums<T>(ReadOnlySpan<T> x, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(destination.Length, columns, 1, nameof(destination));
        destination.Clear();
        for (int i = 0; i < rows; i++)
        {
            TensorPrimitives.Add(destination, x.Slice(i * columns, columns), destination);
        }
    }

    /// <summary>The sum of the products of the elements of two spans.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <returns>The dot product.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, y.Length);
        return TensorPrimitives.Dot(x, y);
    }

    /// <summary>destination = the transpose of x, for matrices of rows without gaps.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The matrix, rows x columns.</param>
    /// <param name="rows">The number of rows of <paramref name="x"/>.</param>
    /// <param name="columns">The number of columns of <paramref name="x"/>.</param>
    /// <param name="destination">The result, columns x rows; not part of <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape, or the spans overlap.</exception>
    public static unsafe void Transpose<T>(ReadOnlySpan<T> x, int rows, int columns, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        const int Block = 32;
        CheckShape(x.Length, rows, columns, nameof(x));
        CheckShape(destination.Length, columns, rows, nameof(destination));
        if (x.Overlaps(destination))
        {
            throw new ArgumentException("The destination overlaps x.", nameof(destination));
        }

        for (int i0 = 0; i0 < rows; i0 += Block)
        {
            int i1 = Math.Min(rows, i0 + Block);
            for (int j0 = 0; j0 < columns; j0 += Block)
            {
                int j1 = Math.Min(columns, j0 + Block);
                if (typeof(T) == typeof(ulong))
                {
                    fixed (T* source = x)
                    fixed (T* target = destination)
                    {
                        BlockTranspose.Copy(
                            (ulong*)target + (nint)j0 * rows + i0, rows, (ulong*)source + (nint)i0 * columns + j0, columns, i1 - i0, j1 - j0, add: false);
                    }

                    continue;
                }

                for (int j = j0; j < j1; j++)
                {
                    for (int i = i0; i < i1; i++)
                    {
                        destination[j * rows + i] = x[i * columns + j];
                    }
                }
            }
        }
    }

    private static void CheckShape(int length, int rows, int columns, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if ((long)rows * columns != length)
        {
            throw new ArgumentException($"A shape of {rows} x {columns} does not have {length} elements.", name);
        }
    }
}
