using SecureTransformer.Architectures;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>All parties of a benchmark in this process, over memory or TLS on loopback, and the dealer where the protocol has one.</summary>
internal sealed class BenchParties : IAsyncDisposable
{
    private readonly IAsyncDisposable? _network;

    private BenchParties(LocalParties local, WatchedEndpoint? first, IAsyncDisposable? network)
    {
        Local = local;
        First = first;
        _network = network;
    }

    public LocalParties Local { get; }

    /// <summary>Party 0's place, where there is a dealer.</summary>
    public WatchedEndpoint? First { get; }

    public static BenchParties Create(BenchOptions options, SessionOptions session)
    {
        bool hasDealer = MpcProtocols.HasDealer(options.Protocol);
        int places = options.PartyCount + (hasDealer ? 1 : 0);
        if (places == 1)
        {
            return new BenchParties(LocalParties.Create(options.Protocol, session), null, null);
        }

        IAsyncDisposable network;
        IPartyEndpoint[] endpoints;
        if (options.Transport == BenchTransport.Tcp)
        {
            var tcp = new LoopbackParties(places, options.Network);
            (network, endpoints) = (tcp, [.. tcp.Endpoints]);
        }
        else
        {
            var memory = new InMemoryNetwork(options.PartyCount, options.TransportOptions, hasDealer);
            (network, endpoints) = (memory, [.. Enumerable.Range(0, places).Select(memory.Party)]);
        }

        WatchedEndpoint? first = hasDealer ? new WatchedEndpoint(endpoints[0]) : null;
        endpoints[0] = first ?? endpoints[0];
        return new BenchParties(LocalParties.Create(options.Protocol, endpoints, session), first, network);
    }

    /// <summary>The parties of additive sharing over memory, without a dealer.</summary>
    public static BenchParties FromStored(StoredRuns runs, SessionOptions session) => new(LocalParties.Create(runs.Path, session), null, null);

    public async ValueTask DisposeAsync()
    {
        await Local.DisposeAsync();
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }
}
