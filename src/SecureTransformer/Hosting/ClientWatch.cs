using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>While a party works without hearing from the client: notices when the client cancels or is gone, and cancels the work.</summary>
internal sealed class ClientWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _gone;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _watching;

    public ClientWatch(IChannel client, CancellationToken cancellationToken)
    {
        _gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watching = WatchAsync(client);
    }

    /// <summary>Cancelled when the client is gone, and when the work is cancelled otherwise.</summary>
    public CancellationToken Token => _gone.Token;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _ended.Dispose();
        _gone.Dispose();
    }

    private async Task WatchAsync(IChannel client)
    {
        while (true)
        {
            try
            {
                // A client sends nothing now: this ends with the watch, or with the client.
                await ControlChannel.AwaitSignalAsync(client, HostOperations.Request, _ended.Token).ConfigureAwait(false);
                client.Abort("the client sent something out of turn");
            }
            catch (PeerTimeoutException)
            {
                continue;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is IOException or ProtocolException or InvalidOperationException)
            {
            }

            await _gone.CancelAsync().ConfigureAwait(false);
            return;
        }
    }
}
