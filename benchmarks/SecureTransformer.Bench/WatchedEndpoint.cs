using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>Party 0's place on a network with a dealer at the last place, whose links are watched.</summary>
internal sealed class WatchedEndpoint(IPartyEndpoint inner) : IPartyEndpoint
{
    private DealerLink? _dealer;

    public int PartyId => inner.PartyId;

    public int PartyCount => inner.PartyCount;

    /// <summary>What opening masked weights took.</summary>
    public SetupClock Clock { get; } = new();

    /// <summary>The link to the dealer of the session that was opened last.</summary>
    public DealerLink Dealer => _dealer ?? throw new InvalidOperationException("No session is open.");

    public async Task<ChannelSet> OpenSessionAsync(SessionId sessionId, CancellationToken cancellationToken = default)
    {
        ChannelSet channels = await inner.OpenSessionAsync(sessionId, cancellationToken);
        var watched = new IChannel?[channels.PartyCount];
        for (int place = 0; place < watched.Length; place++)
        {
            watched[place] = place == channels.PartyId ? null
                : place == watched.Length - 1 ? _dealer = new DealerLink(channels[place], Clock)
                : new WatchedChannel(channels[place], Clock);
        }

        return new ChannelSet(channels.SessionId, channels.PartyId, channels.Meter, watched);
    }

    public Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default) => inner.AcceptClientAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
