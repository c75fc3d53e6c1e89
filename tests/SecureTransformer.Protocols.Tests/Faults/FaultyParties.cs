using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A network whose party 1 has faults.</summary>
internal sealed class FaultyParties(IContractNetwork network, ChannelFaults faults) : IContractNetwork
{
    public const int Guilty = 1;

    private readonly IPartyEndpoint _guilty = faults.Attach(network.Party(Guilty));

    public int PartyCount => network.PartyCount;

    public IPartyEndpoint Party(int party) => party == Guilty ? _guilty : network.Party(party);

    public IClientEndpoint Client() => network.Client();

    public Task<long> DealAsync(SessionId id) => network.DealAsync(id);

    /// <summary>The network goes on to be used.</summary>
    public Task CloseAsync(Exception? cause = null) => Task.CompletedTask;

    public ValueTask DisposeAsync() => new(network.CloseAsync());
}

/// <summary>Parties in this process on TCP, for one test.</summary>
internal sealed class TcpParties : IContractNetwork
{
    private readonly PartyIdentity[] _keys;
    private readonly NetworkDescription _description;
    private readonly IPartyEndpoint[] _endpoints;

    public TcpParties(int count, TransportOptions options)
    {
        _keys = [.. Enumerable.Range(0, count + 1).Select(i => PartyIdentity.Create($"place {i}"))];
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(count);
        _description = new NetworkDescription
        {
            Parties = [.. ports.Select((port, i) => new NetworkParty { Id = i, Host = "127.0.0.1", Port = port, Fingerprint = _keys[i].Fingerprint })],
            Clients = [_keys[count].Fingerprint],
        };
        _endpoints = [.. ports.Select((_, i) => TcpNetwork.StartParty(_description, i, _keys[i], options))];
    }

    public int PartyCount => _endpoints.Length;

    public IPartyEndpoint Party(int party) => _endpoints[party];

    public IClientEndpoint Client() => TcpNetwork.CreateClient(_description, _keys[^1]);

    public Task<long> DealAsync(SessionId id) => Task.FromResult(0L);

    public async Task CloseAsync(Exception? cause = null)
    {
        await Task.WhenAll(_endpoints.Select(endpoint => endpoint.DisposeAsync().AsTask()));
        Array.ForEach(_keys, key => key.Dispose());
    }

    public ValueTask DisposeAsync() => new(CloseAsync());
}
