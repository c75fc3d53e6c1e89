using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Stored;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Writes one region after another to a run's file.</summary>
internal sealed class RegionWriter(FileStream file, RunSecret secret, SecretBufferPool pool) : IDisposable
{
    private readonly AesGcm _cipher = secret.Cipher();
    private readonly SecretBuffer _record = pool.Rent(RandomnessRegion.RecordWords);
    private long _number;
    private int _filled;

    public void Write(ReadOnlySpan<ulong> words)
    {
        while (!words.IsEmpty)
        {
            int taken = Math.Min(words.Length, _record.Length - _filled);
            words[..taken].CopyTo(_record.Span[_filled..]);
            words = words[taken..];
            _filled += taken;
            if (_filled == _record.Length)
            {
                EndRecord();
            }
        }
    }

    /// <summary>What comes next begins with a record of its own.</summary>
    public void EndRegion()
    {
        if (_filled > 0)
        {
            EndRecord();
        }
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _record.Dispose();
    }

    private void EndRecord()
    {
        SealedRecords.Append(file, _cipher, _number++, _record.Span[.._filled]);
        _filled = 0;
    }
}
