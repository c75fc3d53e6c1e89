using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The contract of arithmetic holds whatever the layout of shares.</summary>
public sealed class WideSessionContract : ArithmeticContract
{
    internal override Cluster NewCluster(TransportOptions? transport = null) =>
        new(2, (channels, options, parent) => Task.FromResult<MpcSession>(new InsecureWideSession(channels, options, parent)), transport);
}
