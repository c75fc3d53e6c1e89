using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What is known of each protocol of the library: how many parties it has, and how a party opens a session.</summary>
public static class MpcProtocols
{
    /// <summary>The number of parties of a protocol, without a dealer.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The wanted number, where the protocol does not fix it; by default its smallest.</param>
    /// <exception cref="ArgumentOutOfRangeException">The protocol does not run between so many parties.</exception>
    public static int PartyCountOf(MpcProtocol protocol, int? parties = null)
    {
        (int least, int most) = protocol switch
        {
            MpcProtocol.Replicated3 => (ReplicatedSession.Parties, ReplicatedSession.Parties),
            MpcProtocol.Additive => (AdditiveSession.MinParties, AdditiveSession.MaxParties),
            _ => (1, 1),
        };
        int count = parties ?? least;
        return count >= least && count <= most
            ? count
            : throw new ArgumentOutOfRangeException(nameof(parties), count, $"{protocol} runs between {least}{(most > least ? $" to {most}" : "")} parties.");
    }

    /// <summary>Whether a protocol has a dealer, who takes the place after the last party on the parties' network and runs <see cref="Dealer.ServeAsync"/>.</summary>
    public static bool HasDealer(MpcProtocol protocol) => protocol == MpcProtocol.Additive;

    /// <summary>Opens this party's session of a protocol over its channels, to the other parties and the dealer where there is one.</summary>
    public static async Task<MpcSession> OpenSessionAsync(
        MpcProtocol protocol, ChannelSet channels, SessionOptions options, MpcSession? parent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
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
            default:
                throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol of this library.");
        }
    }
}
