using System.Diagnostics;

namespace SecureTransformer.Numerics;

/// <summary>
/// Words in native memory aligned to 64 bytes, rented from a <see cref="SecretBufferPool"/>. Zero when rented, zeroed and returned by <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// There is no finalizer: a buffer that is not disposed stays outstanding until its pool is disposed. A span taken from a buffer must
/// not be used after the buffer or its pool is disposed.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed unsafe class SecretBuffer : IDisposable
{
    private readonly SecretBufferPool _pool;
    private ulong* _pointer;

    internal SecretBuffer(SecretBufferPool pool, ulong* pointer, int length, int sizeClass)
    {
        _pool = pool;
        _pointer = pointer;
        Length = length;
        SizeClass = sizeClass;
    }

    /// <summary>Gets the number of 64-bit words.</summary>
    public int Length { get; }

    /// <summary>Gets whether the buffer was disposed, by its owner or with its pool.</summary>
    public bool IsDisposed => _pointer == null;

    /// <summary>Gets the words.</summary>
    /// <exception cref="ObjectDisposedException">The buffer or its pool was disposed.</exception>
    public Span<ulong> Span
    {
        get
        {
            ulong* pointer = _pointer;
            ObjectDisposedException.ThrowIf(pointer == null, this);
            return new Span<ulong>(pointer, Length);
        }
    }

    internal int SizeClass { get; }

    /// <summary>Zeroes the words and returns the memory to the pool. A second call does nothing.</summary>
    public void Dispose() => _pool.Return(this);

    /// <summary>The length; never the contents.</summary>
    /// <returns>A description without contents.</returns>
    public override string ToString() => $"{nameof(SecretBuffer)}[{Length}]";

    // Under the lock of the pool: of two racing calls one gets the memory.
    internal ulong* Detach()
    {
        ulong* pointer = _pointer;
        _pointer = null;
        return pointer;
    }
}
