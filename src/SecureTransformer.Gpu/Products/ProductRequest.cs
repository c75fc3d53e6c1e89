using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>What is to be multiplied: many matrices side by side, one where the right-hand side is packed.</summary>
internal readonly ref struct ProductRequest
{
    internal int Count { get; init; }

    /// <summary>Gets the rows of each product.</summary>
    internal int Rows { get; init; }

    /// <summary>Gets the terms of each element, of one product: the columns of the left-hand side, or of both its pieces together.</summary>
    internal int Inner { get; init; }

    internal int Columns { get; init; }

    /// <summary>Gets how many products are added up: with 2, the second pieces are the second product's.</summary>
    internal int Terms { get; init; }

    /// <summary>Gets whether the right-hand sides are stored as their transposes.</summary>
    internal bool Transposed { get; init; }

    internal MatrixView Left0 { get; init; }

    internal MatrixView Left1 { get; init; }

    /// <summary>Gets the right-hand side; null where it is uploaded.</summary>
    internal OpenClPackedMatrix? Packed { get; init; }

    internal MatrixView Right0 { get; init; }

    internal MatrixView Right1 { get; init; }

    internal int TotalRows => Count * Rows;

    /// <summary>Gets the rows of a right-hand side as it is stored.</summary>
    internal int StoredRows => Transposed ? Columns : Inner;

    internal int StoredColumns => Transposed ? Inner : Columns;
}
