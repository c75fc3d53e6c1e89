using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Gpu.Products;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu;

/// <summary>
/// Matrix products modulo 2^64 on an OpenCL device, the same words as <see cref="CpuMatMulBackend"/>. The device sees what is multiplied: shares of the party it
/// belongs to. Memory of the device and of the host that held them is overwritten with zeros before it is used again or freed.
/// </summary>
/// <remarks>Any number of threads may begin and read products; one product is read by one thread at a time.</remarks>
public sealed class OpenClBackend : IMatMulBackend
{
    private readonly ProductLauncher _launcher;
    private long _launches;
    private long _kernelTicks;
    private bool _disposed;

    /// <summary>Initializes a new instance of the <see cref="OpenClBackend"/> class, and tries the device with a small product.</summary>
    /// <param name="device">The device.</param>
    /// <param name="measure">Whether the device measures how long its kernels take (<see cref="KernelTime"/>).</param>
    /// <exception cref="OpenClException">The device cannot be used, its compiler fails, or it computes wrongly.</exception>
    public OpenClBackend(OpenClDevice device, bool measure = false)
        : this(device, measure, null, null)
    {
    }

    internal OpenClBackend(OpenClDevice device, bool measure, RingTile? only, int? units)
    {
        ArgumentNullException.ThrowIfNull(device);
        device.Require();
        Device = device;
        Measures = measure;
        Context = ClContext.Create(device);
        try
        {
            _launcher = new ProductLauncher(this, Context, measure, only, units);
            Try();
        }
        catch
        {
            _launcher?.Dispose();
            Context.Dispose();
            throw;
        }
    }

    /// <summary>Gets the device.</summary>
    public OpenClDevice Device { get; }

    /// <summary>Gets how many kernels the device has completed for products that were disposed.</summary>
    public long CompletedLaunches => Interlocked.Read(ref _launches);

    /// <summary>Gets how long those kernels took on the device; zero unless asked for in the constructor.</summary>
    public TimeSpan KernelTime => TimeSpan.FromTicks(Interlocked.Read(ref _kernelTicks));

    internal ClContext Context { get; }

    private bool Measures { get; }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory.</exception>
    public IPackedMatrix Create(int rows, int columns)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _launcher.CreatePacked(rows, columns);
    }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory, or fails.</exception>
    public void Multiply(MatrixView a, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        MatrixView target = new(c, a.Rows, ProductShapes.Columns(a, b, false), cRowStride);
        using IPendingProduct product = Begin(a, b);
        product.Read(0, target.Rows, c, cRowStride, accumulate);
    }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory, or fails.</exception>
    public void Multiply(MatrixView a0, MatrixView a1, IPackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        MatrixView target = new(c, a0.Rows, ProductShapes.Columns(a0, a1, b, false), cRowStride);
        using IPendingProduct product = Begin(a0, a1, b);
        product.Read(0, target.Rows, c, cRowStride, accumulate);
    }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory, or fails.</exception>
    public IPendingProduct Begin(MatrixView a, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1)
    {
        int columns = ProductShapes.Columns(a, b, transposed);
        return _launcher.Begin(new ProductRequest
        {
            Count = 1,
            Rows = a.Rows,
            Inner = a.Columns,
            Columns = columns,
            Terms = 1,
            Transposed = transposed,
            Left0 = a,
            Packed = Own(b),
        });
    }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory, or fails.</exception>
    public IPendingProduct Begin(MatrixView a0, MatrixView a1, IPackedMatrix b, bool transposed = false, int maxDegreeOfParallelism = 1)
    {
        int columns = ProductShapes.Columns(a0, a1, b, transposed);
        return _launcher.Begin(new ProductRequest
        {
            Count = 1,
            Rows = a0.Rows,
            Inner = transposed ? a0.Columns : a0.Columns + a1.Columns,
            Columns = columns,
            Terms = transposed ? 2 : 1,
            Transposed = transposed,
            Left0 = a0,
            Left1 = a1,
            Packed = Own(b),
        });
    }

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The device has too little memory, or fails.</exception>
    public IPendingProduct BeginBatch(
        BatchShape shape, ReadOnlySpan<ulong> a0, ReadOnlySpan<ulong> b0, ReadOnlySpan<ulong> a1 = default, ReadOnlySpan<ulong> b1 = default, int maxDegreeOfParallelism = 1)
    {
        shape.Check(a0, b0, a1, b1);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int rows = shape.Count * shape.Rows;
        int storedRows = shape.Count * (shape.TransposeRight ? shape.Columns : shape.Inner);
        int storedColumns = shape.TransposeRight ? shape.Inner : shape.Columns;
        bool two = !a1.IsEmpty;
        return _launcher.Begin(new ProductRequest
        {
            Count = shape.Count,
            Rows = shape.Rows,
            Inner = shape.Inner,
            Columns = shape.Columns,
            Terms = two ? 2 : 1,
            Transposed = shape.TransposeRight,
            Left0 = new MatrixView(a0, rows, shape.Inner),
            Left1 = two ? new MatrixView(a1, rows, shape.Inner) : default,
            Right0 = new MatrixView(b0, storedRows, storedColumns),
            Right1 = two ? new MatrixView(b1, storedRows, storedColumns) : default,
        });
    }

    /// <summary>Waits for the device, overwrites idle memory with zeros, and frees it. Products and matrices still there may be disposed afterwards.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _launcher.Dispose();
            Context.Dispose();
        }
    }

    /// <summary>The device.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => Device.Title;

    internal ClStaging RentStaging(long bytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _launcher.RentStaging(bytes);
    }

    internal void ReturnStaging(ClStaging staging, long bytes) => _launcher.ReturnStaging(staging, bytes);

    internal void CountLaunch(ClEvent computed)
    {
        if (_disposed || !ClEventTimes.IsComplete(computed, Context))
        {
            return;
        }

        Interlocked.Increment(ref _launches);
        if (Measures)
        {
            Interlocked.Add(ref _kernelTicks, ClEventTimes.Duration(computed, Context).Ticks);
        }
    }

    private OpenClPackedMatrix Own(IPackedMatrix b)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        OpenClPackedMatrix own = b is OpenClPackedMatrix packed && packed.IsOf(this)
            ? packed
            : throw new ArgumentException($"The packed matrix is a {b.GetType().Name}, made by another backend.", nameof(b));
        ObjectDisposedException.ThrowIf(own.Buffer.IsClosed, own);
        return own;
    }

    // [2^63 3] [5; 2^63] and carries: what a device without whole 64-bit products gets wrong.
    private void Try()
    {
        ulong[] a = [1UL << 63, 0xFFFF_FFFF_FFFF_FFFF];
        ulong[] b = [5, 0xFFFF_FFFF_FFFF_FFFB];
        ulong[] c = [0];
        using (IPackedMatrix right = Create(2, 1))
        {
            right.Write(0, 0, new MatrixView(b, 2, 1));
            Multiply(new MatrixView(a, 1, 2), right, c, 1);
        }

        if (c[0] != unchecked((1UL << 63) * 5 + 5))
        {
            throw new OpenClException($"{Device.Title} computes wrong products. Its driver may need an update.");
        }
    }
}
