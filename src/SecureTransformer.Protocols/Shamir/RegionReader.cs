using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Stored;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Reads a region of a run's file in its order.</summary>
internal sealed class RegionReader(RunFile file, RandomnessRegion region, SecretBufferPool pool) : IDisposable
{
    private readonly SecretBuffer _record = pool.Rent((int)Math.Min(RandomnessRegion.RecordWords, region.Words));
    private long _read;

    /// <summary>The next words.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public void Read(Span<ulong> words)
    {
        while (!words.IsEmpty)
        {
            if (_read == region.Words)
            {
                throw new InvalidOperationException("More was read than the operations of the plan need.");
            }

            (long index, long at) = Math.DivRem(_read, RandomnessRegion.RecordWords);
            int length = (int)Math.Min(RandomnessRegion.RecordWords, region.Words - (index * RandomnessRegion.RecordWords));
            if (at == 0)
            {
                long offset = region.Start + (index * ((RandomnessRegion.RecordWords * sizeof(ulong)) + SealedRecords.Overhead));
                file.Read(region.FirstRecord + index, offset, _record.Span[..length]);
            }

            int taken = Math.Min(words.Length, length - (int)at);
            Span<ulong> source = _record.Span.Slice((int)at, taken);
            source.CopyTo(words);

            // What was taken is used now, and no second time.
            source.Clear();
            words = words[taken..];
            _read += taken;
        }
    }

    public void Dispose() => _record.Dispose();
}
