namespace SecureTransformer.Numerics;

/// <summary>A matrix over the field modulo 2^127 - 1 in memory that someone else owns, two words an element: rows at a fixed distance, optionally read transposed.</summary>
public readonly ref struct FieldMatrixView
{
    /// <summary>Views a matrix whose rows follow one another without gaps.</summary>
    /// <param name="words">The elements, row by row, two words each.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <exception cref="ArgumentException">The span is too short for the shape.</exception>
    public FieldMatrixView(ReadOnlySpan<ulong> words, int rows, int columns)
        : this(words, rows, columns, columns)
    {
    }

    /// <summary>Views a matrix whose rows begin <paramref name="rowStride"/> elements apart.</summary>
    /// <param name="words">The elements, row by row, two words each.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="rowStride">The distance between the beginnings of consecutive rows in elements, at least <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">The span is too short for the shape, or the stride for the columns.</exception>
    public FieldMatrixView(ReadOnlySpan<ulong> words, int rows, int columns, int rowStride)
    {
        MatrixView.CheckLayout(words.Length / Mersenne127.WordCount, rows, columns, rowStride, nameof(words));
        Words = words;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
    }

    private FieldMatrixView(ReadOnlySpan<ulong> words, int rows, int columns, int rowStride, bool transposed)
    {
        Words = words;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        IsTransposed = transposed;
    }

    /// <summary>Gets the words as stored.</summary>
    public ReadOnlySpan<ulong> Words { get; }

    /// <summary>Gets the number of rows, after transposition.</summary>
    public int Rows { get; }

    /// <summary>Gets the number of columns, after transposition.</summary>
    public int Columns { get; }

    /// <summary>Gets the distance between the beginnings of consecutive rows as stored, in elements.</summary>
    public int RowStride { get; }

    /// <summary>Gets whether the rows of this matrix are the columns as stored.</summary>
    public bool IsTransposed { get; }

    /// <summary>The same matrix, of which the words are pinned there.</summary>
    internal unsafe FieldOperand At(ulong* words) => IsTransposed
        ? new(words, Mersenne127.WordCount, (nint)RowStride * Mersenne127.WordCount)
        : new(words, (nint)RowStride * Mersenne127.WordCount, Mersenne127.WordCount);

    /// <summary>The transpose. Nothing is copied.</summary>
    /// <returns>A view of the same memory.</returns>
    public FieldMatrixView Transpose() => new(Words, Columns, Rows, RowStride, !IsTransposed);

    /// <summary>Shape and layout; never the elements.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(FieldMatrixView)}[{Rows} x {Columns}]";
}

/// <summary>A pinned matrix of field elements; strides in words.</summary>
internal readonly unsafe struct FieldOperand(ulong* words, nint rowStride, nint columnStride)
{
    public ulong* Words => words;

    public nint RowStride => rowStride;

    public nint ColumnStride => columnStride;

    public FieldOperand Transpose() => new(words, columnStride, rowStride);

    public FieldOperand From(nint row, nint column) => new(words + (row * rowStride) + (column * columnStride), rowStride, columnStride);
}
