using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What a client, a model owner and the parties agree on beforehand.</summary>
public sealed class InferenceOptions
{
    /// <summary>The protocol. The default is replicated sharing between three parties.</summary>
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    /// <summary>
    /// The number of parties, where the protocol does not fix it. Null, the default: as many as the network has, and where there is no network yet the protocol's smallest number.
    /// </summary>
    public int? Parties { get; init; }

    /// <summary>
    /// How many parties may collude, where the protocol lets one choose it; as the parties have it. Null, the default: the largest number that the protocol allows; see
    /// <see cref="MpcProtocols.ThresholdOf"/>.
    /// </summary>
    public int? Threshold { get; init; }

    /// <summary>The fractional bits of values, from 8 to 24. The default is 18.</summary>
    public int FractionalBits { get; init; } = 18;

    /// <summary>The functions that the model is computed with. By default those that its configuration says. The model's owner decides for the parties; a client that has others is refused.</summary>
    public NonlinearFunctions Nonlinear { get; init; } = NonlinearFunctions.Exact;

    /// <summary>
    /// For a classification: the tokens that a shorter text is padded to, as parties with stored material want it; null for none. Which tokens are padding is public. Text for
    /// which so many tokens are too few is sent as it is.
    /// </summary>
    public int? PadTo { get; init; }

    /// <summary>
    /// How long a client waits for the shares of an answer that are still missing when the others determine it, before it names their parties as silent; half a second. For
    /// protocols that do not need all shares.
    /// </summary>
    public TimeSpan SilenceGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Where a client says which parties an answer was put together without.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The number of parties, where there is no network yet.</summary>
    internal int PartyCount => MpcProtocols.PartyCountOf(Protocol, Parties);

    /// <summary>The threshold as requests state it: of a protocol where one chooses it, between so many parties; null for others.</summary>
    internal int? StatedThreshold(int parties) => MpcProtocols.HasChosenThreshold(Protocol) ? MpcProtocols.ThresholdOf(Protocol, parties, Threshold) : null;

    /// <summary>How values are split for the parties of a network.</summary>
    /// <exception cref="ArgumentException">The protocol does not run between so many parties.</exception>
    internal ShareCodec CodecFor(IClientEndpoint network)
    {
        ShareCodec? codec = null;
        try
        {
            codec = ShareCodec.Create(Protocol, Parties ?? network.PartyCount, Threshold);
        }
        catch (ArgumentOutOfRangeException error) when (error.ParamName == "parties")
        {
            // The message below says what there is.
        }

        return codec?.PartyCount == network.PartyCount
            ? codec
            : throw new ArgumentException(
                $"The network has {network.PartyCount} parties; the protocol {ProtocolNames.NameOf(Protocol)} runs between {ProtocolNames.PartiesOf(Protocol, Parties)}.", nameof(network));
    }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Protocol))
        {
            throw new ArgumentOutOfRangeException(nameof(Protocol), Protocol, "Not a protocol of this library.");
        }

        if (Parties is { } parties)
        {
            // Where the network decides how many there are, it is seen there whether the threshold fits.
            _ = MpcProtocols.ThresholdOf(Protocol, parties, Threshold);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(Threshold ?? 0, nameof(Threshold));
        ArgumentNullException.ThrowIfNull(Nonlinear);
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentOutOfRangeException.ThrowIfLessThan(SilenceGrace, TimeSpan.Zero);
        Nonlinear.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(PadTo ?? 1, 1, nameof(PadTo));
        ArgumentOutOfRangeException.ThrowIfLessThan(FractionalBits, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FractionalBits, 24);
    }

    /// <summary>A dry run of the protocol, under another.</summary>
    internal EstimatingSession DryRun(EstimatingSession? parent = null, MaterialPlan? plan = null) =>
        EstimatingSession.Create(Protocol, new SessionOptions { FractionalBits = FractionalBits, Threshold = Threshold, Plan = plan }, PartyCount, parent);
}
