namespace SecureTransformer.Transport.Tests;

/// <summary>All parties of a TCP network on loopback, in this process.</summary>
public sealed class TcpTestNetwork : TestNetwork
{
    private readonly List<PartyIdentity> _identities;
    private readonly List<IPartyEndpoint> _parties = [];
    private readonly List<IClientEndpoint> _clients = [];
    private readonly TransportOptions _options;

    public TcpTestNetwork(int parties, TransportOptions? options = null, int started = int.MaxValue, string host = "127.0.0.1", bool hasDealer = false)
    {
        _options = options ?? new TransportOptions();
        _identities = [.. Enumerable.Range(0, parties + (hasDealer ? 1 : 0)).Select(i => PartyIdentity.Create($"party {i}"))];
        ClientIdentity = PartyIdentity.Create("client");
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(_identities.Count);
        NetworkParty[] places = [.. _identities.Select((identity, i) => new NetworkParty { Id = i, Host = host, Port = ports[i], Fingerprint = identity.Fingerprint })];
        Description = new NetworkDescription
        {
            Parties = places[..parties],
            Dealer = hasDealer ? places[parties] : null,
            Clients = [ClientIdentity.Fingerprint],
        };
        for (int i = 0; i < Math.Min(places.Length, started); i++)
        {
            Start(i);
        }
    }

    public NetworkDescription Description { get; }

    public PartyIdentity ClientIdentity { get; }

    public override IReadOnlyList<IPartyEndpoint> Parties => _parties;

    public override long? OutstandingFrames => null;

    public PartyIdentity Identity(int party) => _identities[party];

    public void Start(int party, NetworkDescription? description = null, PartyIdentity? identity = null, TransportOptions? options = null) =>
        _parties.Add(TcpNetwork.StartParty(description ?? Description, party, identity ?? _identities[party], options ?? _options));

    public override IClientEndpoint Client() => Client(_options);

    public IClientEndpoint Client(TransportOptions options)
    {
        IClientEndpoint client = TcpNetwork.CreateClient(Description, ClientIdentity, options);
        _clients.Add(client);
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_parties.Select(p => p.DisposeAsync().AsTask()).Concat(_clients.Select(c => c.DisposeAsync().AsTask())));
        _identities.ForEach(i => i.Dispose());
        ClientIdentity.Dispose();
    }
}
