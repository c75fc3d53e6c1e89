using System.Runtime.InteropServices;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>An object of OpenCL. What it was made of is kept until it is released, whatever the order of finalizers.</summary>
internal abstract class ClHandle : SafeHandle
{
    private readonly SafeHandle? _owner;

    protected ClHandle(nint handle, SafeHandle? owner)
        : base(0, ownsHandle: true)
    {
        bool held = false;
        owner?.DangerousAddRef(ref held);
        _owner = owner;
        SetHandle(handle);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    protected abstract int Release();

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        int status = Release();
        _owner?.DangerousRelease();
        return status == ClStatus.Success;
    }
}

internal sealed class ClProgram(nint handle, ClContext context) : ClHandle(handle, context)
{
    protected override int Release() => Cl.ReleaseProgram(handle);
}

internal sealed class ClEvent(nint handle, ClContext context) : ClHandle(handle, context)
{
    protected override int Release() => Cl.ReleaseEvent(handle);
}
