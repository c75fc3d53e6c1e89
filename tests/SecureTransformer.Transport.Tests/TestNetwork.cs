namespace SecureTransformer.Transport.Tests;

/// <summary>The endpoints of all parties of a network in one process, and of the dealer after them, whatever the transport.</summary>
public abstract class TestNetwork : IAsyncDisposable
{
    public abstract IReadOnlyList<IPartyEndpoint> Parties { get; }

    public abstract IClientEndpoint Client();

    /// <summary>Frames not put away yet, where the transport can tell.</summary>
    public abstract long? OutstandingFrames { get; }

    public abstract ValueTask DisposeAsync();

    public async Task<ChannelSet[]> OpenAsync(SessionId? id = null)
    {
        SessionId session = id ?? SessionId.New();
        return await Task.WhenAll(Parties.Select(p => p.OpenSessionAsync(session)));
    }
}

public sealed class MemoryTestNetwork(int parties, TransportOptions options, bool hasDealer = false) : TestNetwork
{
    private readonly InMemoryNetwork _network = new(parties, options, hasDealer);

    public override IReadOnlyList<IPartyEndpoint> Parties => [.. Enumerable.Range(0, _network.Party(0).PartyCount).Select(_network.Party)];

    public override long? OutstandingFrames => _network.OutstandingFrames;

    public override IClientEndpoint Client() => _network.Client();

    public override ValueTask DisposeAsync() => _network.DisposeAsync();
}
