namespace SecureTransformer.Numerics;

/// <summary>A matrix over the ring modulo 2^64 in memory that someone else owns: rows at a fixed distance, optionally read transposed.</summary>
public readonly ref struct MatrixView
{
    /// <summary>Views a matrix whose rows follow one another without gaps.</summary>
    /// <param name="values">The elements, row by row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <exception cref="ArgumentException">The span is too short for the shape.</exception>
    public MatrixView(ReadOnlySpan<ulong> values, int rows, int columns)
        : this(values, rows, columns, columns)
    {
    }

    /// <summary>Views a matrix whose rows begin <paramref name="rowStride"/> elements apart.</summary>
    /// <param name="values">The elements, row by row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="rowStride">The distance between the beginnings of consecutive rows, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">The span is too short for the shape, or the stride for the columns.</exception>
    public MatrixView(ReadOnlySpan<ulong> values, int rows, int columns, int rowStride)
    {
        CheckLayout(values.Length, rows, columns, rowStride, nameof(values));
        Values = values;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
    }

    private MatrixView(ReadOnlySpan<ulong> values, int rows, int columns, int rowStride, bool transposed)
    {
        Values = values;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        IsTransposed = transposed;
    }

    /// <summary>Gets the elements as stored.</summary>
    public ReadOnlySpan<ulong> Values { get; }

    /// <summary>Gets the number of rows, after transposition.</summary>
    public int Rows { get; }

    /// <summary>Gets the number of columns, after transposition.</summary>
    public int Columns { get; }

    /// <summary>Gets the distance between the beginnings of consecutive rows as stored.</summary>
    public int RowStride { get; }

    /// <summary>Gets whether the rows of this matrix are the columns as stored.</summary>
    public bool IsTransposed { get; }

    /// <summary>The same matrix, of which the elements are pinned there.</summary>
    internal unsafe PlainMatrix At(ulong* values) => new(values, ElementRowStride, ElementColumnStride);

    internal nint ElementRowStride => IsTransposed ? 1 : RowStride;

    internal nint ElementColumnStride => IsTransposed ? RowStride : 1;

    /// <summary>The transpose. Nothing is copied.</summary>
    /// <returns>A view of the same memory.</returns>
    public MatrixView Transpose() => new(Values, Columns, Rows, RowStride, !IsTransposed);

    /// <summary>Shape and layout; never the elements.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(MatrixView)}[{Rows} x {Columns}]";

    internal static void CheckLayout(int length, int rows, int columns, int rowStride, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (rows > 1 && rowStride < columns)
        {
            throw new ArgumentException($"Rows of {columns} elements do not fit a row stride of {rowStride}.", nameof(rowStride));
        }

        if (rows > 0 && (rows - 1L) * rowStride + columns > length)
        {
            throw new ArgumentException($"A matrix of {rows} x {columns} with row stride {rowStride} does not fit {length} elements.", name);
        }
    }
}
