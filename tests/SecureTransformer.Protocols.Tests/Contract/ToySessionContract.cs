using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The contract of arithmetic holds for a protocol that the library does not know.</summary>
public sealed class ToySessionContract : ArithmeticContract
{
    internal override Cluster NewCluster(TransportOptions? transport = null) =>
        new(2, (channels, options, parent) => Task.FromResult<MpcSession>(new InsecureToySession(channels, options, parent)), transport);
}
