using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What is known of each protocol of the library: between how many parties it runs, how many of them may collude, and how a party opens a session.</summary>
public static class MpcProtocols
{
    /// <summary>The smallest and the largest number of parties of a protocol, without a dealer.</summary>
    /// <param name="protocol">The protocol.</param>
    public static (int Least, int Most) PartyRangeOf(MpcProtocol protocol)
    {
        ProtocolTraits traits = ProtocolTraits.Of(protocol);
        return (traits.MinParties, traits.MaxParties);
    }

    /// <summary>The number of parties of a protocol, without a dealer.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The wanted number, where the protocol does not fix it; by default its smallest.</param>
    /// <exception cref="ArgumentOutOfRangeException">The protocol does not run between so many parties.</exception>
    public static int PartyCountOf(MpcProtocol protocol, int? parties = null)
    {
        (int least, int most) = PartyRangeOf(protocol);
        int count = parties ?? least;
        return count >= least && count <= most
            ? count
            : throw new ArgumentOutOfRangeException(nameof(parties), count, $"{protocol} runs between {least}{(most > least ? $" to {most}" : "")} parties.");
    }

    /// <summary>Whether one chooses how many parties may collude; if not, it follows from the number of parties.</summary>
    /// <param name="protocol">The protocol.</param>
    public static bool HasChosenThreshold(MpcProtocol protocol) => ProtocolTraits.Of(protocol).ChoosesThreshold;

    /// <summary>The threshold of a protocol: how many of the parties may pool all that they see and learn nothing.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The number of parties, without a dealer.</param>
    /// <param name="threshold">
    /// The wanted threshold, where one chooses it: from 1 to the largest t with 2 t &lt; <paramref name="parties"/>, which is the default. A smaller one costs less, and leaves
    /// more parties that may lie or be silent at the output: min(t, parties - 2 t - 1).
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The protocol does not run between so many parties, or not with this threshold.</exception>
    public static int ThresholdOf(MpcProtocol protocol, int parties, int? threshold = null)
    {
        _ = PartyCountOf(protocol, parties);
        return ProtocolTraits.Of(protocol).ThresholdOf(protocol, parties, threshold);
    }

    /// <summary>Whether a protocol has a dealer, who takes the place after the last party on the parties' network and runs <see cref="Dealer.ServeAsync"/>.</summary>
    public static bool HasDealer(MpcProtocol protocol) => ProtocolTraits.Of(protocol).HasDealer;

    /// <summary>
    /// Whether operations of a protocol use up something that does not depend on any input, and is counted as offline: a dealer's material, or randomness that the parties make for each
    /// other.
    /// </summary>
    public static bool HasOfflinePhase(MpcProtocol protocol) => ProtocolTraits.Of(protocol) is { HasDealer: true } or { MakesRandomness: true };

    /// <summary>Opens this party's session of a protocol over its channels, to the other parties and the dealer where there is one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The options' threshold is none of the protocol's.</exception>
    public static async Task<MpcSession> OpenSessionAsync(
        MpcProtocol protocol, ChannelSet channels, SessionOptions options, MpcSession? parent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Threshold is { } threshold)
        {
            _ = ThresholdOf(protocol, channels.PartyCount - (HasDealer(protocol) && options.Material is null ? 1 : 0), threshold);
        }

        switch (protocol)
        {
            case MpcProtocol.PlaintextFloat64:
                channels.Meter.Phase = TrafficPhase.Online;
                return new Float64Session(options, parent, channels.Meter);
            case MpcProtocol.PlaintextFixedPoint:
                channels.Meter.Phase = TrafficPhase.Online;
                return new PlaintextSession(options, parent, channels.Meter);
            case MpcProtocol.Replicated3:
                return await ReplicatedSession.OpenAsync(channels, options, parent, cancellationToken).ConfigureAwait(false);
            case MpcProtocol.Additive:
                return await AdditiveSession.OpenAsync(channels, options, parent, cancellationToken).ConfigureAwait(false);
            case MpcProtocol.Shamir:
                return await ShamirSession.OpenAsync(channels, options, parent, cancellationToken).ConfigureAwait(false);
            default:
                throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol of this library.");
        }
    }
}
