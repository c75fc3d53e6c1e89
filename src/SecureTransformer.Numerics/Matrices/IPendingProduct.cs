namespace SecureTransformer.Numerics;

/// <summary>A product that an <see cref="IMatMulBackend"/> has been told to compute, read row by row as it is needed.</summary>
/// <remarks>One thread at a time reads it. Several products may be in flight.</remarks>
public interface IPendingProduct : IDisposable
{
    /// <summary>Gets the number of rows; of a batch, those of all its matrices, one below the other.</summary>
    int Rows { get; }

    /// <summary>Gets the number of columns.</summary>
    int Columns { get; }

    /// <summary>Waits for some rows, and copies or adds them. Rows may be read in any order; reading them again may compute them again.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="target">Where they go, <paramref name="rows"/> x <see cref="Columns"/>.</param>
    /// <param name="rowStride">The distance between the beginnings of consecutive rows of <paramref name="target"/>.</param>
    /// <param name="accumulate">Whether the rows are added to <paramref name="target"/>.</param>
    /// <exception cref="ArgumentException">There are no such rows, or they do not fit <paramref name="target"/>.</exception>
    /// <exception cref="ObjectDisposedException">The product was disposed.</exception>
    void Read(int firstRow, int rows, Span<ulong> target, int rowStride, bool accumulate = false);
}
