namespace SecureTransformer.Numerics;

/// <summary>The right-hand side of matrix products, held in the layout of an <see cref="IMatMulBackend"/>. Zero until written.</summary>
public interface IPackedMatrix : IDisposable
{
    /// <summary>Gets the number of rows: the inner dimension of the products.</summary>
    int Rows { get; }

    /// <summary>Gets the number of columns: that of the products.</summary>
    int Columns { get; }

    /// <summary>Writes a block at a position.</summary>
    /// <param name="firstRow">The row of this matrix where the block begins.</param>
    /// <param name="firstColumn">The column of this matrix where the block begins.</param>
    /// <param name="block">The block.</param>
    /// <exception cref="ArgumentException">The block does not fit.</exception>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    void Write(int firstRow, int firstColumn, MatrixView block);

    /// <summary>Writes the sum of two blocks at a position.</summary>
    /// <param name="firstRow">The row of this matrix where the block begins.</param>
    /// <param name="firstColumn">The column of this matrix where the block begins.</param>
    /// <param name="x">The first summand.</param>
    /// <param name="y">The second summand, of the same shape.</param>
    /// <exception cref="ArgumentException">The block does not fit, or the shapes differ.</exception>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    void WriteSum(int firstRow, int firstColumn, MatrixView x, MatrixView y);
}
