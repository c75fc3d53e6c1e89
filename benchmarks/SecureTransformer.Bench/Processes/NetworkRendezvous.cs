using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The rendezvous of parties that have only their network: all send to all.</summary>
internal sealed class NetworkRendezvous : IRendezvous
{
    public async Task BeginAsync(MpcSession session)
    {
        // After the first the clocks differ by one at most; after the second they are the same.
        await session.AgreeAsync("begin", default);
        await session.AgreeAsync("begin", default);
    }

    public Task EndAsync() => Task.CompletedTask;
}
