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

    /// <summary>Dealt shares, from the lower party to the higher or the other way: Shamir's sharing, as what follows.</summary>
    DealUpwards,
    DealDownwards,
    DealBitsUpwards,
    DealBitsDownwards,

    /// <summary>What a party draws for itself.</summary>
    Own,
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

    /// <summary>Is told the stream, the first block and the number of blocks of a draw.</summary>
    public delegate void DrawObserver(AesCtrPrg stream, ulong position, ulong blocks);

    /// <summary>For tests: is told of each draw from a range that is set aside from then on, by the threads that draw.</summary>
    public DrawObserver? Observer { get; set; }

    public void Fill(Purpose purpose, Span<ulong> destination) => Reserve(purpose, destination.Length).Fill(0, destination);

    public void Fill(Purpose purpose, Span<byte> destination) => ReserveBytes(purpose, destination.Length).FillBytes(0, destination);

    /// <summary>Sets the next so many words of a purpose's stream aside.</summary>
    public MaskRange Reserve(Purpose purpose, long words) => ReserveBytes(purpose, checked(words * sizeof(ulong)));

    /// <summary>Sets the next so many bytes of a purpose's stream aside, and what is left of their last block.</summary>
    public MaskRange ReserveBytes(Purpose purpose, long byteCount)
    {
        AesCtrPrg stream = Stream(purpose);
        ulong first = stream.Position;
        stream.SkipBlocks(AesCtrPrg.BlocksFor(byteCount));
        return new MaskRange(stream, first, byteCount, Observer);
    }

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
