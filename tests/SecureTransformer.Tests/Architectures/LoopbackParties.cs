using SecureTransformer.Transport;

namespace SecureTransformer.Architectures;

/// <summary>All parties' endpoints over TLS on loopback, in this process.</summary>
internal sealed class LoopbackParties : IAsyncDisposable
{
    private readonly PartyIdentity[] _identities;

    public LoopbackParties(int count, NetworkConditions? conditions = null)
    {
        _identities = [.. Enumerable.Range(0, count).Select(i => PartyIdentity.Create($"party {i}"))];
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(count);
        var network = new NetworkDescription
        {
            Parties = [.. Enumerable.Range(0, count).Select(i => new NetworkParty { Id = i, Host = "127.0.0.1", Port = ports[i], Fingerprint = _identities[i].Fingerprint })],
        };
        Endpoints = [.. Enumerable.Range(0, count).Select(i => TcpNetwork.StartParty(network, i, _identities[i], new TransportOptions { Conditions = conditions }))];
    }

    public IReadOnlyList<IPartyEndpoint> Endpoints { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (IPartyEndpoint endpoint in Endpoints)
        {
            await endpoint.DisposeAsync();
        }

        foreach (PartyIdentity identity in _identities)
        {
            identity.Dispose();
        }
    }
}
