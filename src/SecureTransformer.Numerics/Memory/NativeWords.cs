using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Words aligned to 64 bytes, zeroed before they are freed. Use between DangerousAddRef and DangerousRelease survives a racing Dispose.</summary>
internal sealed unsafe class NativeWords : SafeHandle
{
    private readonly nuint _byteCount;

    public NativeWords(long length)
        : base(0, ownsHandle: true)
    {
        _byteCount = checked((nuint)length * sizeof(ulong));
        SetHandle((nint)NativeMemory.AlignedAlloc(nuint.Max(_byteCount, SecretBufferPool.Alignment), SecretBufferPool.Alignment));
        GC.AddMemoryPressure((long)nuint.Max(_byteCount, 1));
    }

    public override bool IsInvalid => handle == 0;

    public ulong* Pointer => (ulong*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.Clear((void*)handle, _byteCount);
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure((long)nuint.Max(_byteCount, 1));
        return true;
    }
}
