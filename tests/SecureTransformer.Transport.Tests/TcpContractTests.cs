namespace SecureTransformer.Transport.Tests;

[Collection(OverTcp.Name)]
public sealed class TcpContractTests : TransportContract
{
    protected override Task<TestNetwork> CreateAsync(int parties, TransportOptions? options = null, bool hasDealer = false) =>
        Task.FromResult<TestNetwork>(new TcpTestNetwork(parties, options, hasDealer: hasDealer));
}
