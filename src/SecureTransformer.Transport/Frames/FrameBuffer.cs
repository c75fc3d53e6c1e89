using System.Runtime.InteropServices;

namespace SecureTransformer.Transport;

/// <summary>
/// The payload of one frame in pooled memory aligned to 64 bytes. Whoever holds it owns it: sending passes it on,
/// disposing zeroes it and returns the memory. Never prints its content.
/// </summary>
public sealed class FrameBuffer : IDisposable
{
    private FrameBlock? _block;

    internal FrameBuffer(FrameBlock block, int length)
    {
        _block = block;
        Length = length;
    }

    /// <summary>Payload bytes.</summary>
    public int Length { get; }

    /// <summary>The payload.</summary>
    /// <exception cref="ObjectDisposedException">The frame was sent or disposed.</exception>
    public Span<byte> Span => Block.Payload(Length);

    /// <summary>The payload, for asynchronous reads and writes.</summary>
    /// <exception cref="ObjectDisposedException">The frame was sent or disposed.</exception>
    public Memory<byte> Memory => Block.PayloadMemory(Length);

    /// <summary>The payload as 64-bit words, little-endian on every supported machine.</summary>
    /// <exception cref="ObjectDisposedException">The frame was sent or disposed.</exception>
    /// <exception cref="InvalidOperationException">The length is not a multiple of eight.</exception>
    public Span<ulong> Words => Length % sizeof(ulong) == 0
        ? MemoryMarshal.Cast<byte, ulong>(Span)
        : throw new InvalidOperationException($"A frame of {Length} bytes does not hold whole 64-bit words.");

    private FrameBlock Block => Volatile.Read(ref _block) ?? throw new ObjectDisposedException(nameof(FrameBuffer));

    /// <summary>Zeroes the payload and returns its memory. Does nothing the second time.</summary>
    public void Dispose() => Interlocked.Exchange(ref _block, null)?.Return(Length);

    /// <summary>The length only.</summary>
    /// <returns>A description without content.</returns>
    public override string ToString() => $"frame of {Length} bytes";

    internal FrameBlock Detach() =>
        Interlocked.Exchange(ref _block, null) ?? throw new ObjectDisposedException(nameof(FrameBuffer));
}
