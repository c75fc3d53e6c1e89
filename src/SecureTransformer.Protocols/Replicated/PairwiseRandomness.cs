using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>What a stream of common randomness is for. Each purpose has its own stream, so that no two uses overlap.</summary>
internal enum Purpose
{
    Zero = 1,
    ZeroBits,
    Input,
    TruncateMask,
    TruncateQuotient,
    TruncateBit,
    CarryDeal,
    CarryReshare,
    BitDeal,
    BitReshare,
    DigitDeal,
    DigitReshare,
    TableDeal,
    TableReshare,
    ShuffleSplit,
    ShuffleOrder,
    ShuffleReshare,
}

/// <summary>
/// Streams of randomness that two parties have in common and the third does not know: AES-128-CTR under a key fresh for each session, one stream a purpose.
/// Both ends draw the same amounts in the same order.
/// </summary>
internal sealed class PairwiseRandomness : IDisposable
{
    public const int KeySize = 16;

    private readonly byte[] _key;
    private readonly Dictionary<Purpose, AesCtrPrg> _streams = [];

    public PairwiseRandomness(ReadOnlySpan<byte> key) => _key = key.ToArray();

    public void Fill(Purpose purpose, Span<ulong> destination)
    {
        if (!_streams.TryGetValue(purpose, out AesCtrPrg? stream))
        {
            _streams[purpose] = stream = new AesCtrPrg(_key, (ulong)purpose);
        }

        stream.Fill(destination);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        foreach (AesCtrPrg stream in _streams.Values)
        {
            stream.Dispose();
        }
    }
}
