namespace SecureTransformer.Numerics;

/// <summary>What every backend asks of operands, with the same words.</summary>
public static class ProductShapes
{
    /// <summary>The number of columns of a product with a packed right-hand side.</summary>
    /// <param name="a">The left-hand side.</param>
    /// <param name="b">The packed matrix.</param>
    /// <param name="transposed">Whether its transpose is the right-hand side.</param>
    /// <returns>The number of columns.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static int Columns(MatrixView a, IPackedMatrix b, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(b);
        return a.Columns == (transposed ? b.Columns : b.Rows)
            ? transposed ? b.Rows : b.Columns
            : throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns}{(transposed ? ", transposed," : "")} do not fit.", nameof(b));
    }

    /// <summary>The number of columns of a product whose left-hand side lies in two pieces.</summary>
    /// <param name="a0">The first piece.</param>
    /// <param name="a1">The second piece.</param>
    /// <param name="b">The packed matrix.</param>
    /// <param name="transposed">Whether the transposes of its upper and lower half are the right-hand sides of the pieces.</param>
    /// <returns>The number of columns.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static int Columns(MatrixView a0, MatrixView a1, IPackedMatrix b, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(b);
        if (a0.Rows != a1.Rows || (transposed && a0.Columns != a1.Columns))
        {
            throw new ArgumentException($"The pieces of the left-hand side have shapes {a0.Rows} x {a0.Columns} and {a1.Rows} x {a1.Columns}.", nameof(a1));
        }

        if (transposed)
        {
            return b.Rows % 2 == 0 && a0.Columns == b.Columns
                ? b.Rows / 2
                : throw new ArgumentException($"The shapes {a0.Rows} x {a0.Columns}, twice, and the halves of {b.Rows} x {b.Columns}, transposed, do not fit.", nameof(b));
        }

        return (long)a0.Columns + a1.Columns == b.Rows
            ? b.Columns
            : throw new ArgumentException($"The shapes {a0.Rows} x ({a0.Columns} + {a1.Columns}) and {b.Rows} x {b.Columns} do not fit.", nameof(b));
    }

    /// <summary>Throws unless rows are a product's, and fit where they go.</summary>
    /// <param name="product">The product.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="targetLength">The number of elements where they go.</param>
    /// <param name="rowStride">The distance between the beginnings of consecutive rows there.</param>
    /// <exception cref="ArgumentException">They are not, or do not.</exception>
    public static void CheckRead(IPendingProduct product, int firstRow, int rows, int targetLength, int rowStride)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstRow + rows, product.Rows, nameof(rows));
        MatrixView.CheckLayout(targetLength, rows, product.Columns, rowStride, "target");
    }
}
