using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The contract of arithmetic holds for a protocol that the library does not know.</summary>
public sealed class ToySessionContract : ArithmeticContract
{
    [Fact]
    public async Task What_a_protocol_does_not_have_is_named()
    {
        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(
            () => RunAsync(async s => await s.InputShuffledAsync(0, new TensorShape(2), new double[2])));
        Assert.Contains("insecure toy", error.Message, StringComparison.Ordinal);
    }

    internal override Cluster NewCluster(TransportOptions? transport = null) =>
        new(2, (channels, options, parent) => Task.FromResult<MpcSession>(new InsecureToySession(channels, options, parent)), transport);
}
