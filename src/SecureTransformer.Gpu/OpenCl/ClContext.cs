namespace SecureTransformer.Gpu.OpenCl;

/// <summary>A context of one device.</summary>
internal sealed unsafe class ClContext : ClHandle
{
    private const nint ContextPlatform = 0x1084;

    private ClContext(nint handle, OpenClDevice device)
        : base(handle, null) => Device = device;

    internal OpenClDevice Device { get; }

    internal static ClContext Create(OpenClDevice device)
    {
        nint* properties = stackalloc nint[] { ContextPlatform, device.Platform, 0 };
        nint id = device.Id;
        int status;
        nint handle = Cl.CreateContext(properties, 1, &id, 0, 0, &status);
        ClStatus.Check(status, "clCreateContext", device.Title);
        return new ClContext(handle, device);
    }

    internal void Check(int status, string call) => ClStatus.Check(status, call, Device.Title);

    protected override int Release() => Cl.ReleaseContext(handle);
}
