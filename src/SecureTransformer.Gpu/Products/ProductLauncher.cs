using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>
/// Uploads, kernels and downloads in three queues, each in order: while one block of a product is computed, the next is copied to the device and the one before
/// to the host.
/// </summary>
internal sealed unsafe class ProductLauncher : IDisposable
{
    // Idle memory is worth keeping up to here: a part of the device's, and what a large model's activations need on the host.
    private const int PartOfDevice = 16;
    private const long MostIdleStaging = 1L << 29;

    private readonly OpenClBackend _backend;
    private readonly ClContext _context;
    private readonly ClQueue _uploads;
    private readonly ClQueue _products;
    private readonly ClQueue _downloads;
    private readonly KernelCache _kernels;
    private readonly IdleBuffers<ClBuffer> _operands;
    private readonly IdleBuffers<ClBuffer> _results;
    private readonly IdleBuffers<ClStaging> _staging;
    private readonly RingTile? _only;
    private readonly int _units;

    // A kernel's arguments are set one by one.
    private readonly Lock _launching = new();

    internal ProductLauncher(OpenClBackend backend, ClContext context, bool measure, RingTile? only, int? units)
    {
        _backend = backend;
        _context = context;
        _only = only ?? (context.Device.Kind == OpenClDeviceKind.Cpu ? RingTile.Direct : null);
        _units = units ?? context.Device.ComputeUnits;
        _uploads = ClQueue.Create(context, false);
        _products = ClQueue.Create(context, measure);
        _downloads = ClQueue.Create(context, false);
        _kernels = new KernelCache(context);
        long idle = context.Device.GlobalMemory / PartOfDevice;
        _operands = new IdleBuffers<ClBuffer>(bytes => ClBuffer.Create(_uploads, bytes), idle);
        _results = new IdleBuffers<ClBuffer>(bytes => ClBuffer.Create(_products, bytes), idle);
        _staging = new IdleBuffers<ClStaging>(CreateStaging, MostIdleStaging);
    }

    internal OpenClPackedMatrix CreatePacked(int rows, int columns)
    {
        try
        {
            return new OpenClPackedMatrix(_backend, _uploads, _products, rows, columns);
        }
        catch (OpenClException)
        {
            _operands.Trim();
            _results.Trim();
            _products.Finish();
            return new OpenClPackedMatrix(_backend, _uploads, _products, rows, columns);
        }
    }

    internal ClStaging RentStaging(long bytes) => _staging.Rent(bytes);

    internal void ReturnStaging(ClStaging staging, long bytes)
    {
        staging.Clear(bytes / sizeof(ulong));
        _staging.Return(staging, bytes);
    }

    internal OpenClProduct Begin(in ProductRequest request)
    {
        var product = new OpenClProduct(_backend, request.TotalRows, request.Columns);
        if (request.TotalRows == 0 || request.Columns == 0 || request.Inner == 0)
        {
            return product;
        }

        try
        {
            Launch(request, product);
            return product;
        }
        catch
        {
            // Commands that no event is kept of may still use the product's memory.
            FinishAll();
            product.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        FinishAll();
        _operands.Dispose();
        _results.Dispose();
        _staging.Dispose();
        _kernels.Dispose();
        _uploads.Dispose();
        _products.Dispose();
        _downloads.Dispose();
    }

    // Whatever a broken device says: memory is zeroed and freed all the same.
    private void FinishAll()
    {
        foreach (ClQueue queue in (ReadOnlySpan<ClQueue>)[_uploads, _products, _downloads])
        {
            _ = Cl.Finish(queue);
        }
    }

    private void Launch(in ProductRequest request, OpenClProduct product)
    {
        bool transposed = request.Transposed;
        RingTile tile = _only ?? RingTile.For(_units, request.Count, request.Rows, (long)request.Terms * request.Inner, request.Columns, t => _kernels.Runs(t, transposed));
        ClKernel kernel = _kernels.Get(tile, transposed);
        var layout = new ProductLayout(request, tile, _units);

        ClBuffer left = Rent(_operands, _uploads, layout.LeftBytes, product);
        ClBuffer right = request.Packed is { } packed ? Hold(packed.Buffer, product) : Rent(_operands, _uploads, layout.RightBytes, product);
        ClBuffer result = Rent(_results, _products, layout.ResultBytes, product);
        ClStaging leftStaging = RentStaging(layout.LeftWords * sizeof(ulong), product);
        ClStaging? rightStaging = request.Packed is null ? RentStaging(layout.RightWords * sizeof(ulong), product) : null;
        ClStaging staged = RentStaging(layout.StagedBytes, product);
        product.Stage(staged, layout.BlockRows);

        for (int row = 0; row < request.TotalRows; row += layout.BlockRows)
        {
            int rows = Math.Min(layout.BlockRows, request.TotalRows - row);
            if (rightStaging is not null && (row == 0 || request.Count > 1))
            {
                UploadRight(request, layout, row / request.Rows, Math.Max(1, rows / request.Rows), rightStaging, right);
            }

            using ClEvent uploaded = UploadLeft(request, layout, row, rows, leftStaging, left);
            ClEvent computed = Compute(request, layout, kernel, row, rows, left, right, result, uploaded);
            try
            {
                product.Add(computed, Download(request, layout, row, rows, result, staged, computed));
            }
            catch
            {
                computed.Dispose();
                throw;
            }
        }
    }

    private ClEvent UploadLeft(in ProductRequest request, in ProductLayout layout, int row, int rows, ClStaging staging, ClBuffer buffer)
    {
        long first = row * layout.Inner;
        long words = rows * layout.Inner;
        HostCopy.Rows(request.Left0, row, rows, staging.Words + first, layout.Inner);
        ulong* second = request.Terms == 2 ? staging.Words + layout.LeftTerm + first : staging.Words + first + request.Left0.Columns;
        if (request.Left1.Columns > 0)
        {
            HostCopy.Rows(request.Left1, row, rows, second, layout.Inner);
        }

        if (request.Terms == 2)
        {
            Upload(staging, buffer, layout.LeftTerm + first, words, null);
        }

        nint done;
        Upload(staging, buffer, first, words, &done);
        var uploaded = new ClEvent(done, _context);
        _uploads.Flush();
        return uploaded;
    }

    private void UploadRight(in ProductRequest request, in ProductLayout layout, int matrix, int matrices, ClStaging staging, ClBuffer buffer)
    {
        int row = matrix * request.StoredRows;
        int rows = matrices * request.StoredRows;
        for (int term = 0; term < request.Terms; term++)
        {
            long first = term * layout.RightTerm + row * layout.RightStride;
            HostCopy.Rows(term == 0 ? request.Right0 : request.Right1, row, rows, staging.Words + first, layout.RightStride);
            Upload(staging, buffer, first, rows * layout.RightStride, null);
        }
    }

    private void Upload(ClStaging staging, ClBuffer buffer, long first, long words, nint* done) => _context.Check(
        Cl.EnqueueWriteBuffer(_uploads, buffer, 0, (nuint)(first * sizeof(ulong)), (nuint)(words * sizeof(ulong)), staging.Words + first, 0, null, done),
        "clEnqueueWriteBuffer");

    private ClEvent Compute(
        in ProductRequest request, in ProductLayout layout, ClKernel kernel, int row, int rows, ClBuffer left, ClBuffer right, ClBuffer result, ClEvent uploaded)
    {
        RingTile tile = layout.Tile;
        bool one = request.Count == 1;
        long rowTiles = ((one ? rows : request.Rows) + tile.Rows - 1L) / tile.Rows;
        nuint* global = stackalloc nuint[]
        {
            (nuint)(layout.ResultStride / tile.Columns * tile.GroupColumns), (nuint)(rowTiles * tile.GroupRows), (nuint)(layout.Slices * (one ? 1 : rows / request.Rows)),
        };
        nuint* local = stackalloc nuint[] { (nuint)tile.GroupColumns, (nuint)tile.GroupRows, 1 };
        nint before = uploaded.DangerousGetHandle();
        nint done = 0;
        lock (_launching)
        {
            kernel.Set(0, left);
            kernel.Set(1, (ulong)layout.Inner);
            kernel.Set(2, (ulong)(request.Rows * layout.Inner));
            kernel.Set(3, (ulong)layout.LeftTerm);
            kernel.Set(4, right);
            kernel.Set(5, (ulong)layout.RightStride);
            kernel.Set(6, (ulong)layout.RightMatrix);
            kernel.Set(7, (ulong)layout.RightTerm);
            kernel.Set(8, result);
            kernel.Set(9, (ulong)layout.ResultStride);
            kernel.Set(10, (ulong)layout.ResultMatrix);
            kernel.Set(11, (ulong)layout.Inner);
            kernel.Set(12, (ulong)request.Terms);
            kernel.Set(13, one ? (ulong)row : 0);
            kernel.Set(14, one ? 0 : (ulong)(row / request.Rows));
            kernel.Set(15, (ulong)layout.Slices);
            kernel.Set(16, (ulong)layout.SliceSteps);
            kernel.Set(17, (ulong)layout.ResultSlice);
            bool whole = layout.Slices == 1;
            _context.Check(Cl.EnqueueNDRangeKernel(_products, kernel, 3, null, global, local, 1, &before, whole ? &done : null), "clEnqueueNDRangeKernel");
            if (!whole)
            {
                long first = one ? row * layout.ResultStride : row / request.Rows * layout.ResultMatrix;
                long words = one ? rowTiles * tile.Rows * layout.ResultStride : rows / request.Rows * layout.ResultMatrix;
                done = Sum(result, layout, first, words);
            }
        }

        var computed = new ClEvent(done, _context);
        _products.Flush();
        return computed;
    }

    // The queue is in order: the slices are there.
    private nint Sum(ClBuffer result, in ProductLayout layout, long first, long words)
    {
        ClKernel kernel = _kernels.SumOfSlices;
        kernel.Set(0, result);
        kernel.Set(1, (ulong)first);
        kernel.Set(2, (ulong)layout.Slices);
        kernel.Set(3, (ulong)layout.ResultSlice);
        nuint global = (nuint)words;
        nint done;
        _context.Check(Cl.EnqueueNDRangeKernel(_products, kernel, 1, null, &global, null, 0, null, &done), "clEnqueueNDRangeKernel");
        return done;
    }

    private ClEvent Download(in ProductRequest request, in ProductLayout layout, int row, int rows, ClBuffer result, ClStaging staged, ClEvent computed)
    {
        bool one = request.Count == 1;
        nuint width = (nuint)request.Columns * sizeof(ulong);
        nuint pitch = (nuint)(layout.ResultStride * sizeof(ulong));
        nuint slice = (nuint)(layout.ResultMatrix * sizeof(ulong));
        nuint* origin = stackalloc nuint[] { 0, one ? (nuint)row : 0, one ? 0 : (nuint)(row / request.Rows) };
        nuint* hostOrigin = stackalloc nuint[] { 0, 0, 0 };
        nuint* region = stackalloc nuint[] { width, (nuint)(one ? rows : request.Rows), one ? 1 : (nuint)(rows / request.Rows) };
        nint before = computed.DangerousGetHandle();
        nint done;
        _context.Check(
            Cl.EnqueueReadBufferRect(
                _downloads, result, 0, origin, hostOrigin, region, pitch, slice, width, (nuint)request.Rows * width, staged.Words + (nint)row * request.Columns, 1, &before, &done),
            "clEnqueueReadBufferRect");
        var copied = new ClEvent(done, _context);
        _downloads.Flush();
        return copied;
    }

    private static ClBuffer Rent(IdleBuffers<ClBuffer> pool, ClQueue queue, long bytes, OpenClProduct product)
    {
        ClBuffer buffer = pool.Rent(bytes);
        product.Afterwards(() =>
        {
            if (!queue.IsClosed && buffer.TryClear(queue, bytes))
            {
                pool.Return(buffer, bytes);
            }
            else
            {
                buffer.Dispose();
            }
        });
        return buffer;
    }

    private static ClBuffer Hold(ClBuffer buffer, OpenClProduct product)
    {
        bool held = false;
        buffer.DangerousAddRef(ref held);
        product.Afterwards(buffer.DangerousRelease);
        return buffer;
    }

    private ClStaging RentStaging(long bytes, OpenClProduct product)
    {
        ClStaging staging = _staging.Rent(bytes);
        product.Afterwards(() => ReturnStaging(staging, bytes));
        return staging;
    }

    private ClStaging CreateStaging(long bytes)
    {
        ClStaging staging = ClStaging.Create(_downloads, bytes);
        staging.Clear(bytes / sizeof(ulong));
        return staging;
    }
}
