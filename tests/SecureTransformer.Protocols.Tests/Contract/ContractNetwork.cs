using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The parties' endpoints that a contract is run on, and the dealer, where there is one.</summary>
internal interface IContractNetwork : IAsyncDisposable
{
    /// <summary>The number of parties, without a dealer.</summary>
    int PartyCount { get; }

    IPartyEndpoint Party(int party);

    IClientEndpoint Client();

    /// <summary>The dealer's part of one session, as far as it runs here.</summary>
    /// <returns>What it sent.</returns>
    Task<long> DealAsync(SessionId id);

    /// <summary>Ends what the test used, and asserts that nothing of it is left.</summary>
    /// <param name="cause">What the test failed with, if it did.</param>
    Task CloseAsync(Exception? cause = null);
}

/// <summary>Parties and dealer in this process, for one test.</summary>
internal sealed class MemoryParties(int partyCount, bool hasDealer, TransportOptions? transport) : IContractNetwork
{
    private readonly InMemoryNetwork _network = new(partyCount + (hasDealer ? 1 : 0), transport);

    public int PartyCount => partyCount;

    public IPartyEndpoint Party(int party) => _network.Party(party);

    public IClientEndpoint Client() => _network.Client();

    public async Task<long> DealAsync(SessionId id)
    {
        if (!hasDealer)
        {
            return 0;
        }

        ChannelSet channels = await _network.Party(partyCount).OpenSessionAsync(id);
        await Dealer.ServeAsync(channels);
        return channels.Meter.BytesSentTotal;
    }

    public async Task CloseAsync(Exception? cause = null)
    {
        await _network.DisposeAsync();
        Assert.True(_network.OutstandingFrames == 0, $"{_network.OutstandingFrames} frames were outstanding at the end ({cause?.Message}).");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();
}
