using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Randomness;

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
    AddendDeal,
    AddendReshare,

    /// <summary>Masks of operands: additive sharing, as what follows.</summary>
    OperandMask,
    Product,
    OutputMask,
    OutputQuotient,
    OutputBit,
    GateMask,
    GateProduct,
    CompareMask,
    CompareCode,
    BitMask,
    BitNumber,
    BitProduct,
    MatrixMask,
    TopPart,
}

/// <summary>
/// Streams of randomness that two (parties, or a party and the dealer) have in common and nobody else knows: AES-128-CTR under a key fresh for each session, one stream a purpose.
/// Both ends draw the same amounts in the same order.
/// </summary>
internal sealed class PairwiseRandomness : IDisposable
{
    public const int KeySize = 16;

    private readonly byte[] _key;
    private readonly Dictionary<Purpose, AesCtrPrg> _streams = [];
    private bool _disposed;

    public PairwiseRandomness(ReadOnlySpan<byte> key) => _key = key.ToArray();

    public void Fill(Purpose purpose, Span<ulong> destination) => Stream(purpose).Fill(destination);

    public void Fill(Purpose purpose, Span<byte> destination) => Stream(purpose).Fill(destination);

    /// <summary>A stream of its own under a key, among those of a purpose, at its beginning; it may be opened again.</summary>
    public static AesCtrPrg Open(ReadOnlySpan<byte> key, Purpose purpose, int index) => new(key, (ulong)purpose | ((ulong)(uint)index + 1) << 32);

    /// <summary>The stream of a purpose, for many draws.</summary>
    public AesCtrPrg Stream(Purpose purpose)
    {
        // The key is zeros by then, which everyone knows.
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_streams.TryGetValue(purpose, out AesCtrPrg? stream))
        {
            _streams[purpose] = stream = new AesCtrPrg(_key, (ulong)purpose);
        }

        return stream;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
        foreach (AesCtrPrg stream in _streams.Values)
        {
            stream.Dispose();
        }
    }
}
