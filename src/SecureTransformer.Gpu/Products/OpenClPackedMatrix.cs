using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>A right-hand side in the memory of a device: row by row, each row filled up to a multiple of 16 words, with room for whole tiles at the end.</summary>
internal sealed unsafe class OpenClPackedMatrix : IPackedMatrix
{
    // Large enough for the bus, small enough to stand beside a model.
    private const long PieceWords = 1L << 19;

    private readonly OpenClBackend _backend;
    private readonly ClQueue _uploads;

    internal OpenClPackedMatrix(OpenClBackend backend, ClQueue uploads, ClQueue products, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        _backend = backend;
        _uploads = uploads;
        Rows = rows;
        Columns = columns;
        Stride = Padding.Up(Math.Max(columns, 1), RingTile.InnerMultiple);
        Buffer = ClBuffer.Create(products, Padding.Bytes(PaddedRows(rows), Stride));
        try
        {
            Buffer.Clear(uploads, Buffer.Bytes);
            uploads.Finish();
        }
        catch
        {
            Buffer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    internal long Stride { get; }

    internal ClBuffer Buffer { get; }

    /// <inheritdoc/>
    public void Write(int firstRow, int firstColumn, MatrixView block)
    {
        CheckBlock(firstRow, firstColumn, block);
        WritePieces(firstRow, firstColumn, block, default, false);
    }

    /// <inheritdoc/>
    public void WriteSum(int firstRow, int firstColumn, MatrixView x, MatrixView y)
    {
        CheckBlock(firstRow, firstColumn, x);
        if (x.Rows != y.Rows || x.Columns != y.Columns)
        {
            throw new ArgumentException($"The summands have shapes {x.Rows} x {x.Columns} and {y.Rows} x {y.Columns}.", nameof(y));
        }

        WritePieces(firstRow, firstColumn, x, y, true);
    }

    internal bool IsOf(OpenClBackend backend) => ReferenceEquals(_backend, backend);

    /// <summary>Has the device overwrite the memory with zeros, and frees it, after the products in flight.</summary>
    public void Dispose() => Buffer.Dispose();

    /// <summary>The shape; never the elements.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(OpenClPackedMatrix)}[{Rows} x {Columns}]";

    // Whole tiles from row 0 on and, for products with the transposes of the halves, from the middle on.
    private static long PaddedRows(long rows) => Math.Max(Padding.Up(rows, RingTile.Largest), rows / 2 + Padding.Up(rows / 2, RingTile.Largest));

    private void WritePieces(int firstRow, int firstColumn, MatrixView x, MatrixView y, bool sum)
    {
        ObjectDisposedException.ThrowIf(Buffer.IsClosed, this);
        if (x.Rows == 0 || x.Columns == 0)
        {
            return;
        }

        int rowsAtOnce = (int)Math.Clamp(PieceWords / x.Columns, 1, x.Rows);
        long words = (long)rowsAtOnce * x.Columns;
        long bytes = (sum ? 2 : 1) * words * sizeof(ulong);
        ClStaging staging = _backend.RentStaging(bytes);
        try
        {
            for (int row = 0; row < x.Rows; row += rowsAtOnce)
            {
                int rows = Math.Min(rowsAtOnce, x.Rows - row);
                HostCopy.Rows(x, row, rows, staging.Words, x.Columns);
                if (sum)
                {
                    HostCopy.Rows(y, row, rows, staging.Words + words, x.Columns);
                    int count = rows * x.Columns;
                    RingKernels.AddInto(new Span<ulong>(staging.Words, count), new ReadOnlySpan<ulong>(staging.Words + words, count));
                }

                Upload(firstRow + row, firstColumn, rows, x.Columns, staging.Words);
            }
        }
        finally
        {
            _backend.ReturnStaging(staging, bytes);
        }
    }

    private void Upload(int firstRow, int firstColumn, int rows, int columns, ulong* words)
    {
        nuint pitch = (nuint)(Stride * sizeof(ulong));
        nuint hostPitch = (nuint)columns * sizeof(ulong);
        nuint* origin = stackalloc nuint[] { (nuint)firstColumn * sizeof(ulong), (nuint)firstRow, 0 };
        nuint* hostOrigin = stackalloc nuint[] { 0, 0, 0 };
        nuint* region = stackalloc nuint[] { hostPitch, (nuint)rows, 1 };
        _uploads.Context.Check(
            Cl.EnqueueWriteBufferRect(_uploads, Buffer, 1, origin, hostOrigin, region, pitch, 0, hostPitch, 0, words, 0, null, null), "clEnqueueWriteBufferRect");
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
