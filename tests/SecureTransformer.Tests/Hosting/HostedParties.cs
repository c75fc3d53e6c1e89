using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Party hosts, and a dealer where the protocol has one, in memory, with their network in the test's hands. Disposing it asserts that nothing is left behind.</summary>
internal sealed class HostedParties : IAsyncDisposable
{
    private readonly PartyHost[] _hosts;
    private readonly DealerHost? _dealer;
    private readonly Task[] _running;

    public HostedParties(
        PartyHostOptions? options = null,
        TransportOptions? transport = null,
        Func<int, IPartyEndpoint, IPartyEndpoint>? wrap = null,
        InferenceOptions? inference = null,
        DealerHostOptions? dealer = null,
        Func<int, string>? material = null)
    {
        inference ??= new InferenceOptions();
        int count = MpcProtocols.PartyCountOf(inference.Protocol, inference.Parties);
        Network = new InMemoryNetwork(count, transport ?? Quick, MpcProtocols.HasDealer(inference.Protocol) && material is null);
        _dealer = Network.HasDealer ? new DealerHost(Network.Dealer, dealer) : null;
        _hosts = [.. Enumerable.Range(0, count).Select(i => new PartyHost(wrap?.Invoke(i, Network.Party(i)) ?? Network.Party(i), material is null ? options : With(material(i))))];
        _running = [.. _hosts.Select(h => Task.Run(() => h.RunAsync())), Task.Run(() => _dealer?.RunAsync() ?? Task.CompletedTask)];

        PartyHostOptions With(string folder) => new()
        {
            MaterialDirectory = folder,
            ShareDirectory = options?.ShareDirectory,
            MaxRunsPerClient = options?.MaxRunsPerClient,
            MaxConversationsPerClient = options?.MaxConversationsPerClient ?? new PartyHostOptions().MaxConversationsPerClient,
        };
    }

    public static TransportOptions Quick => new() { ConnectTimeout = TimeSpan.FromSeconds(5), ReceiveTimeout = TimeSpan.FromSeconds(10) };

    public static string Model => BertRuns.TriageDirectory;

    public InMemoryNetwork Network { get; }

    public async Task<HostedParties> LoadAsync(string? model = null, InferenceOptions? options = null)
    {
        await using IClientEndpoint owner = Network.Client();
        await ModelOwner.LoadAsync(owner, model ?? Model, options);
        return this;
    }

    public InferenceClient Client(InferenceOptions? options = null, ModelConfig? config = null) =>
        new(Network.Client(), config ?? ModelConfig.FromDirectory(Model), config is null ? TokenizerLoader.FromDirectory(Model) : null, options);

    public async ValueTask DisposeAsync()
    {
        foreach (PartyHost host in _hosts)
        {
            await host.DisposeAsync();
        }

        if (_dealer is not null)
        {
            await _dealer.DisposeAsync();
        }

        await Task.WhenAll(_running);
        await Network.DisposeAsync();
        Assert.Equal(0, Network.OutstandingFrames);
    }
}

/// <summary>A copy of the triage model's directory that a test may spoil; it disappears with the test.</summary>
internal sealed class ModelCopy : IDisposable
{
    public ModelCopy()
    {
        foreach (string file in Directory.GetFiles(HostedParties.Model))
        {
            File.Copy(file, this[System.IO.Path.GetFileName(file)]);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("hosting-").FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
