namespace SecureTransformer.Gpu.OpenCl;

/// <summary>A queue of commands that a device works off in order.</summary>
internal sealed unsafe class ClQueue : ClHandle
{
    private const ulong ProfilingEnable = 2;

    private readonly ClContext _context;

    private ClQueue(nint handle, ClContext context)
        : base(handle, context) => _context = context;

    internal ClContext Context => _context;

    internal static ClQueue Create(ClContext context, bool profiling)
    {
        int status;
        nint handle = Cl.CreateCommandQueue(context, context.Device.Id, profiling ? ProfilingEnable : 0, &status);
        context.Check(status, "clCreateCommandQueue");
        return new ClQueue(handle, context);
    }

    /// <summary>Hands the commands to the device. Without it, a driver may let them lie until somebody waits for them.</summary>
    internal void Flush() => _context.Check(Cl.Flush(DangerousGetHandle()), "clFlush");

    internal void Finish() => _context.Check(Cl.Finish(this), "clFinish");

    protected override int Release() => Cl.ReleaseCommandQueue(handle);
}
