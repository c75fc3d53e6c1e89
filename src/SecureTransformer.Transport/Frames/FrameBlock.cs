using System.Runtime.CompilerServices;

namespace SecureTransformer.Transport;

/// <summary>
/// A pinned array with a payload area aligned to 64 bytes and room for the frame header right before it, so that header
/// and payload go out in one write.
/// </summary>
internal sealed class FrameBlock
{
    internal const int Headroom = 64;

    /// <summary>What a block takes beside its capacity: room around the payload, two objects, a place in a queue.</summary>
    internal const int Overhead = 256;

    private readonly FramePool _pool;
    private readonly byte[] _array;
    private readonly int _offset;

    internal unsafe FrameBlock(FramePool pool, int sizeClass, int capacity)
    {
        _pool = pool;
        SizeClass = sizeClass;
        Capacity = capacity;
        _array = GC.AllocateUninitializedArray<byte>(capacity + (2 * Headroom), pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref _array[0]) + Headroom;
        _offset = Headroom + (int)((0 - start) & (Headroom - 1));
    }

    internal int SizeClass { get; }

    internal int Capacity { get; }

    internal Span<byte> Payload(int length) => _array.AsSpan(_offset, length);

    internal Memory<byte> PayloadMemory(int length) => _array.AsMemory(_offset, length);

    /// <summary>The last bytes of the headroom followed by the payload.</summary>
    internal Memory<byte> WithHeader(int headerLength, int length) =>
        _array.AsMemory(_offset - headerLength, headerLength + length);

    internal void Return(int usedLength) => _pool.Return(this, usedLength);
}
