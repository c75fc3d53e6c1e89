using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>A product that a device computes block by block, and copies to pinned memory of the host.</summary>
internal sealed unsafe class OpenClProduct(OpenClBackend backend, int rows, int columns) : IPendingProduct
{
    private readonly List<Block> _blocks = [];
    private readonly List<Action> _returns = [];
    private ClStaging? _staged;
    private int _blockRows = 1;
    private bool _disposed;

    /// <inheritdoc/>
    public int Rows { get; } = rows;

    /// <inheritdoc/>
    public int Columns { get; } = columns;

    /// <inheritdoc/>
    public void Read(int firstRow, int rows, Span<ulong> target, int rowStride, bool accumulate = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProductShapes.CheckRead(this, firstRow, rows, target.Length, rowStride);
        if (rows == 0 || Columns == 0)
        {
            return;
        }

        if (_staged is null)
        {
            // A product over no terms.
            for (int i = 0; i < rows && !accumulate; i++)
            {
                target.Slice(i * rowStride, Columns).Clear();
            }

            return;
        }

        int waited = -1;
        for (int i = 0; i < rows; i++)
        {
            int block = (firstRow + i) / _blockRows;
            if (block != waited)
            {
                ClEventTimes.Wait(_blocks[block].Copied, backend.Context);
                waited = block;
            }

            var row = new ReadOnlySpan<ulong>(_staged.Words + (nint)(firstRow + i) * Columns, Columns);
            Span<ulong> to = target.Slice(i * rowStride, Columns);
            if (accumulate)
            {
                RingKernels.AddInto(to, row);
            }
            else
            {
                row.CopyTo(to);
            }
        }
    }

    /// <summary>Waits for the device, and overwrites everything with zeros.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (Block block in _blocks)
        {
            block.Finish(backend);
        }

        foreach (Action action in _returns)
        {
            action();
        }

        _returns.Clear();
    }

    /// <summary>The shape; never the elements.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(OpenClProduct)}[{Rows} x {Columns}]";

    /// <summary>Gives the product the memory that its rows are copied to.</summary>
    internal void Stage(ClStaging staged, int blockRows)
    {
        _staged = staged;
        _blockRows = blockRows;
    }

    /// <summary>What is to be done when the device is done with the product.</summary>
    internal void Afterwards(Action action) => _returns.Add(action);

    /// <summary>A kernel, and the copying of its rows. Every command that reads or writes the product's memory comes before the last of these events.</summary>
    internal void Add(ClEvent computed, ClEvent copied) => _blocks.Add(new Block(computed, copied));

    private readonly record struct Block(ClEvent Computed, ClEvent Copied)
    {
        internal void Finish(OpenClBackend backend)
        {
            try
            {
                ClEventTimes.Wait(Copied, backend.Context);
                backend.CountLaunch(Computed);
            }
            catch (OpenClException)
            {
                // Whoever wanted the rows has been told. The memory is freed all the same.
            }
            finally
            {
                Computed.Dispose();
                Copied.Dispose();
            }
        }
    }
}
