using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>Writes the values from <paramref name="start"/> on into <paramref name="destination"/>.</summary>
public delegate void ValueReader(int start, Span<double> destination);

/// <summary>
/// The far end of <see cref="MpcSession.ImportAsync"/> and <see cref="MpcSession.ExportAsync"/>: how somebody who is no party (a client, a model owner) splits values
/// for the parties, and puts together what they send.
/// </summary>
/// <remarks>What is split is hidden from every party; what is put together is seen by the receiver alone.</remarks>
public abstract class ShareCodec
{
    /// <summary>The operation number of the frames in which a party's share of an answer goes to a client, as <see cref="ChannelFaults"/> and observers of frames see it.</summary>
    public const ushort ExportOperation = Operations.Export;

    /// <summary>The operation number of the frames in which a client's or an owner's shares go to a party.</summary>
    public const ushort ImportOperation = Operations.Import;

    /// <summary>The number of parties of the protocol.</summary>
    public abstract int PartyCount { get; }

    /// <summary>The codec of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it; by default its smallest.</param>
    /// <param name="threshold">How many parties may collude, where one chooses it; see <see cref="MpcProtocols.ThresholdOf"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The protocol does not run between so many parties, or not with this threshold.</exception>
    public static ShareCodec Create(MpcProtocol protocol, int? parties = null, int? threshold = null)
    {
        int count = MpcProtocols.PartyCountOf(protocol, parties);
        _ = MpcProtocols.ThresholdOf(protocol, count, threshold);
        return protocol switch
        {
            MpcProtocol.PlaintextFloat64 => new Plaintext.PlainCodec(encode: false),
            MpcProtocol.PlaintextFixedPoint => new Plaintext.PlainCodec(encode: true),
            MpcProtocol.Replicated3 => new ReplicatedCodec(),
            MpcProtocol.Additive => new Additive.AdditiveCodec(count),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol of this library."),
        };
    }

    /// <summary>The bytes that one party gets of a tensor: 16 for a component that comes as a seed, 8 an element for one of words.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party, or no element.</exception>
    public long ShareBytes(int party, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(party);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, PartyCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return ShareBytesCore(party, count);
    }

    /// <summary>Splits values with fresh randomness and sends each party its share.</summary>
    /// <param name="parties">A channel to each party, in order.</param>
    /// <param name="count">The number of values, which the parties know too.</param>
    /// <param name="fractionalBits">The fractional bits of the encoding, which the parties know too.</param>
    /// <param name="name">What is sent, for messages.</param>
    /// <param name="read">Reads the values block by block, so that a large tensor never stands in memory whole.</param>
    /// <param name="cancellationToken">Cancels between blocks.</param>
    /// <remarks>Where a party takes them more slowly than they are read, this waits for it: little is queued at any time, however large the tensor.</remarks>
    /// <exception cref="OverflowException">A value is outside the range of the encoding; the message has <paramref name="name"/>.</exception>
    /// <exception cref="PeerTimeoutException">A party takes nothing within the time-out.</exception>
    public abstract ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default);

    /// <summary>Receives a share from each party and puts the values together.</summary>
    public abstract ValueTask<double[]> ReceiveAsync(IReadOnlyList<IChannel> parties, int count, int fractionalBits, CancellationToken cancellationToken = default);

    /// <summary>Splits and sends values that stand in memory.</summary>
    /// <inheritdoc cref="SendAsync(IReadOnlyList{IChannel}, int, int, string, ValueReader, CancellationToken)"/>
    public ValueTask SendAsync(IReadOnlyList<IChannel> parties, ReadOnlyMemory<double> values, int fractionalBits, string name, CancellationToken cancellationToken = default) =>
        SendAsync(parties, values.Length, fractionalBits, name, (start, destination) => values.Span.Slice(start, destination.Length).CopyTo(destination), cancellationToken);

    private protected abstract long ShareBytesCore(int party, int count);

    private protected void RequireParties(IReadOnlyList<IChannel> parties)
    {
        ArgumentNullException.ThrowIfNull(parties);
        if (parties.Count != PartyCount)
        {
            throw new ArgumentException($"{parties.Count} channels for a protocol of {PartyCount} parties.", nameof(parties));
        }
    }
}
