using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>Party 0's place on a network with a dealer at the last place, whose link to the dealer is watched.</summary>
internal sealed class WatchedEndpoint(IPartyEndpoint inner) : IPartyEndpoint
{
    private DealerLink? _dealer;

    public int PartyId => inner.PartyId;

    public int PartyCount => inner.PartyCount;

    public bool HasDealer => inner.HasDealer;

    /// <summary>The link to the dealer of the session that was opened last.</summary>
    public DealerLink Dealer => _dealer ?? throw new InvalidOperationException("No session is open.");

    public async Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default)
    {
        ChannelSet channels = await inner.OpenSessionAsync(sessionId, withDealer, cancellationToken);
        int last = channels.PartyCount - 1;
        _dealer = new DealerLink(channels[last]);
        IChannel?[] watched = [.. Enumerable.Range(0, last).Select(place => place == channels.PartyId ? null : channels[place]), _dealer];
        return new ChannelSet(channels.SessionId, channels.PartyId, channels.Meter, watched);
    }

    public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => inner.AcceptSessionAsync(cancellationToken);

    public Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default) => inner.AcceptClientAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
