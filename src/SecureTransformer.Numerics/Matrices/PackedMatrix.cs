using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>
/// The right-hand side of matrix products, in the layout of the kernels of <see cref="RingMatrix"/>: panels of 24 columns, each row by
/// row without gaps. The last panel is 8, 16 or 24 wide and filled up with zeros. In native memory, zeroed on dispose.
/// </summary>
/// <remarks>Reading by several threads at once is safe; writing is not safe beside anything else.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe class PackedMatrix : IPackedMatrix
{
    internal const int PanelWidth = 24;
    internal const int VectorWidth = 8;

    private readonly NativeWords _words;

    private PackedMatrix(int rows, int columns, SecretBufferPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        PaddedColumns = (columns + (VectorWidth - 1L)) / VectorWidth * VectorWidth;
        _words = new NativeWords(PaddedColumns * rows, pool);
    }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    internal long PaddedColumns { get; }

    internal int PanelCount => (int)((Columns + (PanelWidth - 1L)) / PanelWidth);

    internal SafeHandle Handle => _words;

    /// <summary>Makes a matrix of zeros, to be written block by block.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="pool">Where the memory comes from, for matrices that are made and freed again and again; null for the system.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative, or the matrix too large for a buffer of the pool.</exception>
    public static PackedMatrix Create(int rows, int columns, SecretBufferPool? pool = null)
    {
        PackedMatrix packed = new(rows, columns, pool);
        if (pool is null)
        {
            NativeMemory.Clear(packed._words.Pointer, (nuint)(packed.PaddedColumns * rows) * sizeof(ulong));
        }

        return packed;
    }

    /// <summary>Packs a matrix.</summary>
    /// <param name="b">The matrix.</param>
    /// <returns>The packed matrix.</returns>
    public static PackedMatrix Pack(MatrixView b)
    {
        PackedMatrix packed = new(b.Rows, b.Columns);
        packed.ClearPadding();
        packed.Write(0, 0, b);
        return packed;
    }

    /// <summary>Packs a matrix of k rows and n columns.</summary>
    /// <param name="b">The elements, row by row; of the transpose if <paramref name="transposed"/>.</param>
    /// <param name="k">The number of rows of the packed matrix.</param>
    /// <param name="n">The number of columns of the packed matrix.</param>
    /// <param name="rowStride">The distance between the beginnings of consecutive rows as stored.</param>
    /// <param name="transposed">Whether <paramref name="b"/> holds n rows of k elements.</param>
    /// <returns>The packed matrix.</returns>
    /// <exception cref="ArgumentException">The span is too short for the shape, or the stride for the columns.</exception>
    public static PackedMatrix Pack(ReadOnlySpan<ulong> b, int k, int n, int rowStride, bool transposed = false) =>
        Pack(transposed ? new MatrixView(b, n, k, rowStride).Transpose() : new MatrixView(b, k, n, rowStride));

    /// <summary>
    /// Packs the right-hand side of the local part of a replicated product: [b0 + b1; b0], so that [a0 | a1] times it is
    /// a0 b0 + a0 b1 + a1 b0 (Araki et al., CCS 2016, section 2).
    /// </summary>
    /// <param name="b0">The first share, k x n.</param>
    /// <param name="b1">The second share, k x n.</param>
    /// <returns>A packed matrix of 2k x n.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static PackedMatrix PackReplicated(MatrixView b0, MatrixView b1)
    {
        PackedMatrix packed = new(checked(2 * b0.Rows), b0.Columns);
        try
        {
            packed.ClearPadding();
            packed.WriteSum(0, 0, b0, b1);
            packed.Write(b0.Rows, 0, b0);
            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(int firstRow, int firstColumn, MatrixView block)
    {
        CheckBlock(firstRow, firstColumn, block);
        bool held = false;
        try
        {
            _words.DangerousAddRef(ref held);
            fixed (ulong* source = block.Values)
            {
                PanelPacking.Write(Panels.OfPacked(_words.Pointer, Rows, Columns), firstRow, firstColumn, block.Rows, block.Columns, block.At(source), default);
            }
        }
        finally
        {
            if (held)
            {
                _words.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void WriteSum(int firstRow, int firstColumn, MatrixView x, MatrixView y)
    {
        CheckBlock(firstRow, firstColumn, x);
        if (x.Rows != y.Rows || x.Columns != y.Columns)
        {
            throw new ArgumentException($"The summands have shapes {x.Rows} x {x.Columns} and {y.Rows} x {y.Columns}.", nameof(y));
        }

        bool held = false;
        try
        {
            _words.DangerousAddRef(ref held);
            fixed (ulong* source = x.Values)
            fixed (ulong* other = y.Values)
            {
                PanelPacking.Write(Panels.OfPacked(_words.Pointer, Rows, Columns), firstRow, firstColumn, x.Rows, x.Columns, x.At(source), y.At(other));
            }
        }
        finally
        {
            if (held)
            {
                _words.DangerousRelease();
            }
        }
    }

    /// <summary>Zeroes and frees the memory, after the products in flight.</summary>
    public void Dispose() => _words.Dispose();

    /// <summary>The shape; never the elements.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(PackedMatrix)}[{Rows} x {Columns}]";

    private void ClearPadding()
    {
        if (PaddedColumns != Columns)
        {
            long first = (PanelCount - 1L) * PanelWidth * Rows;
            NativeMemory.Clear(_words.Pointer + first, (nuint)(PaddedColumns * Rows - first) * sizeof(ulong));
        }
    }

    private void CheckBlock(int firstRow, int firstColumn, MatrixView block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(firstColumn);
        if ((long)firstRow + block.Rows > Rows || (long)firstColumn + block.Columns > Columns)
        {
            throw new ArgumentException(
                $"A block of {block.Rows} x {block.Columns} at row {firstRow}, column {firstColumn} does not fit a matrix of {Rows} x {Columns}.", nameof(block));
        }
    }
}
