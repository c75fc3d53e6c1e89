using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Randomness;

/// <summary>
/// A run of a stream of common randomness, set aside for one use: an array of masks of which any part may be drawn, by several threads at once. Both ends set aside the same
/// runs in the same order, and find the same mask at the same place whatever parts they draw it in. No part may be drawn for two uses.
/// </summary>
internal readonly struct MaskRange
{
    private readonly AesCtrPrg? _stream;
    private readonly ulong _first;
    private readonly long _byteCount;
    private readonly PairwiseRandomness.DrawObserver? _observer;

    public MaskRange(AesCtrPrg stream, ulong first, long byteCount, PairwiseRandomness.DrawObserver? observer)
    {
        _stream = stream;
        _first = first;
        _byteCount = byteCount;
        _observer = observer;
    }

    /// <summary>Draws words from an even place on.</summary>
    public void Fill(long start, Span<ulong> destination)
    {
        ulong position = PositionOf(start * sizeof(ulong), (long)destination.Length * sizeof(ulong));
        _stream!.FillAt(position, destination);
    }

    /// <summary>Draws bytes from a place on that is a multiple of 16.</summary>
    public void FillBytes(long start, Span<byte> destination)
    {
        ulong position = PositionOf(start, destination.Length);
        _stream!.FillAt(position, destination);
    }

    private ulong PositionOf(long start, long byteCount)
    {
        if (_stream is null || start < 0 || start % AesCtrPrg.BlockByteCount != 0 || start > _byteCount - byteCount)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"No {byteCount} bytes can be drawn from there on: the range has {_byteCount}, in blocks of {AesCtrPrg.BlockByteCount}.");
        }

        ulong position = _first + ((ulong)start / AesCtrPrg.BlockByteCount);
        _observer?.Invoke(_stream, position, AesCtrPrg.BlocksFor(byteCount));
        return position;
    }
}
