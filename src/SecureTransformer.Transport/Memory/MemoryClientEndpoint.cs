namespace SecureTransformer.Transport;

/// <summary>A client of an <see cref="InMemoryNetwork"/>.</summary>
internal sealed class MemoryClientEndpoint(InMemoryNetwork network, int number) : IClientEndpoint
{
    private int _disposed;

    public int PartyCount => network.PartyCount;

    public async Task<ClientChannels> ConnectAsync(SessionId sessionId, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        network.ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        TrafficMeter meter = new();
        List<MemoryChannel> channels = [];
        try
        {
            for (int party = 0; party < network.PartyCount; party++)
            {
                channels.Add(network.Endpoint(party).Connect(sessionId, $"client {number}", meter));
            }
        }
        catch
        {
            foreach (MemoryChannel channel in channels)
            {
                channel.Abort("the client could not connect to all parties");
                await channel.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        return new ClientChannels(sessionId, meter, channels);
    }

    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _disposed, 1);
        return ValueTask.CompletedTask;
    }
}
