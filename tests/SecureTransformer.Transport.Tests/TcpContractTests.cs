namespace SecureTransformer.Transport.Tests;

[Collection(OverTcp.Name)]
public sealed class TcpContractTests : TransportContract
{
    protected override Task<TestNetwork> CreateAsync(int parties, TransportOptions? options = null) =>
        Task.FromResult<TestNetwork>(new TcpTestNetwork(parties, options));
}
