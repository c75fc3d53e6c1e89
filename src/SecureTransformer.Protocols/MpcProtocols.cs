using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What is known of each protocol of the library: how many parties it has, and how a party opens a session.</summary>
public static class MpcProtocols
{
    /// <summary>The number of parties of a protocol.</summary>
    public static int PartyCountOf(MpcProtocol protocol) => protocol == MpcProtocol.Replicated3 ? ReplicatedSession.Parties : 1;

    /// <summary>Opens this party's session of a protocol over its channels.</summary>
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
            default:
                throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol of this library.");
        }
    }
}
