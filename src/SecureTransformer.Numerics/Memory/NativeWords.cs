using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Words aligned to 64 bytes, zeroed before they are freed. Use between DangerousAddRef and DangerousRelease survives a racing Dispose.</summary>
internal sealed unsafe class NativeWords : SafeHandle
{
    private readonly nuint _byteCount;
    private readonly SecretBuffer? _rented;

    /// <param name="length">The number of words.</param>
    /// <param name="pool">Where the memory comes from and goes back to; null for the system.</param>
    public NativeWords(long length, SecretBufferPool? pool = null)
        : base(0, ownsHandle: true)
    {
        if (pool is not null)
        {
            _rented = pool.Rent(length);
            SetHandle((nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(_rented.Span)));
            return;
        }

        _byteCount = checked((nuint)length * sizeof(ulong));
        SetHandle((nint)NativeMemory.AlignedAlloc(nuint.Max(_byteCount, SecretBufferPool.Alignment), SecretBufferPool.Alignment));
        GC.AddMemoryPressure((long)nuint.Max(_byteCount, 1));
    }

    public override bool IsInvalid => handle == 0;

    public ulong* Pointer => (ulong*)handle;

    protected override bool ReleaseHandle()
    {
        if (_rented is not null)
        {
            _rented.Dispose();
            return true;
        }

        NativeMemory.Clear((void*)handle, _byteCount);
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure((long)nuint.Max(_byteCount, 1));
        return true;
    }
}
