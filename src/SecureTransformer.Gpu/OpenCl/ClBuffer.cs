namespace SecureTransformer.Gpu.OpenCl;

/// <summary>Memory of a device. It may have held shares, so it is overwritten with zeros before it is released.</summary>
internal sealed unsafe class ClBuffer : ClHandle
{
    private const ulong ReadWrite = 1;

    private readonly ClQueue _queue;

    private ClBuffer(nint handle, ClQueue queue, long bytes)
        : base(handle, queue)
    {
        _queue = queue;
        Bytes = bytes;
    }

    internal long Bytes { get; }

    /// <summary>Memory of unknown content.</summary>
    /// <param name="queue">Where the zeros are written when the memory is released: no earlier than the commands that use it.</param>
    /// <param name="bytes">The length, a positive multiple of 8.</param>
    /// <exception cref="OpenClException">The device has too little memory.</exception>
    internal static ClBuffer Create(ClQueue queue, long bytes)
    {
        OpenClDevice device = queue.Context.Device;
        if (bytes > device.LargestAllocation)
        {
            throw new OpenClException(
                $"Too little device memory: one matrix needs {Megabytes(bytes)} in one piece, and {device.Title} gives at most {Megabytes(device.LargestAllocation)} in one piece, of {Megabytes(device.GlobalMemory)} in all.",
                ClStatus.InvalidBufferSize);
        }

        int status;
        nint handle = Cl.CreateBuffer(queue.Context, ReadWrite, checked((nuint)bytes), null, &status);
        if (status is ClStatus.BufferAllocationFailure or ClStatus.OutOfResources or ClStatus.InvalidBufferSize)
        {
            throw OutOfMemory(status, device, bytes);
        }

        queue.Context.Check(status, "clCreateBuffer");
        return new ClBuffer(handle, queue, bytes);
    }

    internal static OpenClException OutOfMemory(int status, OpenClDevice device, long bytes) => new(
        $"Too little device memory: clCreateBuffer failed for {Megabytes(bytes)} on {device.Title}, which has {Megabytes(device.GlobalMemory)} in all (OpenCL status {status}).", status);

    /// <summary>Queues zeros for the first bytes.</summary>
    internal void Clear(ClQueue queue, long bytes) => queue.Context.Check(Fill(queue, bytes), "clEnqueueFillBuffer");

    /// <summary>Queues zeros for the first bytes, and says whether the driver took the command.</summary>
    internal bool TryClear(ClQueue queue, long bytes) => Fill(queue, bytes) == ClStatus.Success;

    protected override int Release()
    {
        // The driver frees the memory after the commands that use it, this one included.
        int filled = Fill(_queue, Bytes);
        if (filled == ClStatus.Success)
        {
            filled = Cl.Flush(_queue.DangerousGetHandle());
        }

        int released = Cl.ReleaseMemObject(handle);
        return filled == ClStatus.Success ? released : filled;
    }

    private int Fill(ClQueue queue, long bytes)
    {
        ulong zero = 0;
        
        // A buffer may be released after its queue was closed, which it keeps from being released.
        return Cl.EnqueueFillBuffer(queue.DangerousGetHandle(), handle, &zero, sizeof(ulong), 0, (nuint)bytes, 0, null, null);
    }

    private static string Megabytes(long bytes) => bytes < 10L << 30 ? $"{(bytes + (1 << 20) - 1) >> 20} MiB" : $"{bytes >> 30} GiB";
}
