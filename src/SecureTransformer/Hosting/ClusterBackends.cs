using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>How a local cluster runs its parties.</summary>
internal interface IClusterBackend : IAsyncDisposable
{
    /// <summary>A new client end of the network.</summary>
    IClientEndpoint CreateClient();

    /// <summary>The parties hold the model: what only their start needed can go.</summary>
    void Started();

    /// <summary>Waits for work that needs the parties; when a party ends first, its message is the error.</summary>
    Task GuardAsync(Task work);
}

/// <summary>All parties, and the dealer where there is one, in this process.</summary>
internal sealed class MemoryCluster : IClusterBackend
{
    private readonly InMemoryNetwork _network;
    private readonly PartyHost[] _hosts;
    private readonly DealerHost? _dealer;
    private readonly Task[] _running;

    public MemoryCluster(LocalClusterOptions options)
    {
        int count = options.PartyCount;
        bool hasDealer = options.HasDealer;
        _network = new InMemoryNetwork(count, options.TransportOptions, hasDealer);
        int threads = Math.Max(1, Environment.ProcessorCount / (count + (hasDealer ? 1 : 0)));
        _hosts = [.. Enumerable.Range(0, count).Select(i => new PartyHost(_network.Party(i), new PartyHostOptions
        {
            Logger = options.Logger,
            MaxConcurrentRequests = options.MaxConcurrentRequests,
            ShareDirectory = options.ShareDirectoryOf(i),
            MaterialDirectory = options.MaterialDirectoryOf(i),
            ProfileDirectory = options.ProfileDirectoryOf(i),
            Faults = options.Faults.GetValueOrDefault(i),
            MaxDegreeOfParallelism = threads,
        }))];
        _dealer = hasDealer ? new DealerHost(_network.Dealer, new DealerHostOptions { Logger = options.Logger, MaxDegreeOfParallelism = threads }) : null;
        _running = [.. _hosts.Select(host => Task.Run(() => host.RunAsync())), Task.Run(() => _dealer?.RunAsync() ?? Task.CompletedTask)];
    }

    public IClientEndpoint CreateClient() => _network.Client();

    public void Started()
    {
    }

    public Task GuardAsync(Task work) => work;

    public async ValueTask DisposeAsync()
    {
        foreach (PartyHost host in _hosts)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }

        if (_dealer is not null)
        {
            await _dealer.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_running).ConfigureAwait(false);
        await _network.DisposeAsync().ConfigureAwait(false);
    }
}
