namespace SecureTransformer.Transport;

/// <summary>A party's endpoint all of whose channels have faults.</summary>
internal sealed class FaultyEndpoint(IPartyEndpoint endpoint, FaultyParty party) : IPartyEndpoint
{
    public int PartyId => endpoint.PartyId;

    public int PartyCount => endpoint.PartyCount;

    public bool HasDealer => endpoint.HasDealer;

    public async Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default) =>
        party.Attach(await endpoint.OpenSessionAsync(sessionId, withDealer, cancellationToken).ConfigureAwait(false));

    public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => endpoint.AcceptSessionAsync(cancellationToken);

    public async Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default) =>
        party.Attach(await endpoint.AcceptClientAsync(cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => endpoint.DisposeAsync();
}
