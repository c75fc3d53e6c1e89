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

    /// <summary>
    /// The fewest parties whose shares determine values for certain: all of them, where shares do not contradict each other. Where it is fewer, the others may be wrong or silent at
    /// an output, and <see cref="CollectAsync"/> names them.
    /// </summary>
    public virtual int SharesNeeded => PartyCount;

    /// <summary>The codec of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it; by default its smallest.</param>
    /// <param name="threshold">How many parties may collude, where one chooses it; see <see cref="MpcProtocols.ThresholdOf"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The protocol does not run between so many parties, or not with this threshold.</exception>
    public static ShareCodec Create(MpcProtocol protocol, int? parties = null, int? threshold = null)
    {
        int count = MpcProtocols.PartyCountOf(protocol, parties);
        int colluding = MpcProtocols.ThresholdOf(protocol, count, threshold);
        return protocol switch
        {
            MpcProtocol.PlaintextFloat64 => new Plaintext.PlainCodec(encode: false),
            MpcProtocol.PlaintextFixedPoint => new Plaintext.PlainCodec(encode: true),
            MpcProtocol.Replicated3 => new ReplicatedCodec(),
            MpcProtocol.Additive => new Additive.AdditiveCodec(count),
            MpcProtocol.Shamir => new Shamir.ShamirCodec(count, colluding),
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

    /// <summary>
    /// Receives shares from all parties at once and puts the values together: as soon as the shares at hand determine them for certain, and the others have had a short grace.
    /// Where the protocol needs all shares, this is <see cref="ReceiveAsync"/>.
    /// </summary>
    /// <param name="parties">A channel to each party, in order.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="fractionalBits">The fractional bits of their encoding.</param>
    /// <param name="options">What to wait for, and how long; the defaults if null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The values, and the parties that were wrong, silent or lost.</returns>
    /// <exception cref="ProtocolException">The shares contradict each other and do not say which are wrong, or a party that is needed ended the session.</exception>
    /// <exception cref="IOException">Too many parties are lost or silent; the error is that of one of them.</exception>
    public ValueTask<ReceivedValues> CollectAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CollectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        options ??= new CollectionOptions();
        options.Validate();
        if (options.After is { } after && after.Count != parties.Count)
        {
            throw new ArgumentException($"{after.Count} tasks come before the shares of {parties.Count} parties.", nameof(options));
        }

        return CollectCoreAsync(parties, count, fractionalBits, options, cancellationToken);
    }

    /// <summary>Splits and sends values that stand in memory.</summary>
    /// <inheritdoc cref="SendAsync(IReadOnlyList{IChannel}, int, int, string, ValueReader, CancellationToken)"/>
    public ValueTask SendAsync(IReadOnlyList<IChannel> parties, ReadOnlyMemory<double> values, int fractionalBits, string name, CancellationToken cancellationToken = default) =>
        SendAsync(parties, values.Length, fractionalBits, name, (start, destination) => values.Span.Slice(start, destination.Length).CopyTo(destination), cancellationToken);

    private protected abstract long ShareBytesCore(int party, int count);

    /// <summary>Receives shares from all parties; here from each in turn, since all are needed.</summary>
    private protected virtual async ValueTask<ReceivedValues> CollectCoreAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CollectionOptions options, CancellationToken cancellationToken)
    {
        await Task.WhenAll(options.After ?? []).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new ReceivedValues(
            await ReceiveAsync(parties, count, fractionalBits, cancellationToken).ConfigureAwait(false), [], [.. parties.Select(_ => Task.CompletedTask)]);
    }

    private protected void RequireParties(IReadOnlyList<IChannel> parties)
    {
        ArgumentNullException.ThrowIfNull(parties);
        if (parties.Count != PartyCount)
        {
            throw new ArgumentException($"{parties.Count} channels for a protocol of {PartyCount} parties.", nameof(parties));
        }
    }
}
