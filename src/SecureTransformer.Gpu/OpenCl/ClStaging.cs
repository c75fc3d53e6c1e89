using System.Runtime.InteropServices;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>Host memory that a device reads and writes directly (pinned), mapped for as long as it lives. Zeroed before it is released.</summary>
internal sealed unsafe class ClStaging : ClHandle
{
    private const ulong ReadWriteAllocHost = 1 | 16;
    private const ulong MapReadWrite = 1 | 2;

    private readonly ClQueue _queue;

    private ClStaging(nint handle, ClQueue queue, ulong* words, long bytes)
        : base(handle, queue)
    {
        _queue = queue;
        Words = words;
        Bytes = bytes;
    }

    internal ulong* Words { get; }

    internal long Bytes { get; }

    /// <summary>Memory of unknown content.</summary>
    internal static ClStaging Create(ClQueue queue, long bytes)
    {
        ClContext context = queue.Context;
        int status;
        nint buffer = Cl.CreateBuffer(context, ReadWriteAllocHost, checked((nuint)bytes), null, &status);
        if (status is ClStatus.BufferAllocationFailure or ClStatus.OutOfResources or ClStatus.OutOfHostMemory or ClStatus.InvalidBufferSize)
        {
            throw new OpenClException($"Too little memory on the host for {bytes} bytes that {context.Device.Title} reads directly (OpenCL status {status}).", status);
        }

        context.Check(status, "clCreateBuffer");
        void* words = Cl.EnqueueMapBuffer(queue, buffer, 1, MapReadWrite, 0, (nuint)bytes, 0, null, null, &status);
        if (status != ClStatus.Success)
        {
            _ = Cl.ReleaseMemObject(buffer);
            context.Check(status, "clEnqueueMapBuffer");
        }

        return new ClStaging(buffer, queue, (ulong*)words, bytes);
    }

    /// <summary>Overwrites the first words with zeros. No command may be using them.</summary>
    internal void Clear(long words) => NativeMemory.Clear(Words, (nuint)words * sizeof(ulong));

    protected override int Release()
    {
        Clear(Bytes / sizeof(ulong));
        int unmapped = Cl.EnqueueUnmapMemObject(_queue.DangerousGetHandle(), handle, Words, 0, null, null);
        if (unmapped == ClStatus.Success)
        {
            unmapped = Cl.Flush(_queue.DangerousGetHandle());
        }

        int released = Cl.ReleaseMemObject(handle);
        return unmapped == ClStatus.Success ? released : unmapped;
    }
}
