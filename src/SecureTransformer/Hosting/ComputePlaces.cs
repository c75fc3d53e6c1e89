namespace SecureTransformer.Hosting;

/// <summary>The places for what is computed at once at this party. When nothing is computed for a while, memory kept for more of it goes back.</summary>
internal sealed class ComputePlaces(int count, TimeSpan idleTimeout, Action onIdle) : IDisposable
{
    private readonly SemaphoreSlim _free = new(count, count);
    private readonly CancellationTokenSource _disposed = new();
    private int _uses;

    public int Count => count;

    /// <summary>Takes a place; null when none gets free in time.</summary>
    public async ValueTask<IDisposable?> TryTakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(patience, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        Interlocked.Increment(ref _uses);
        return new Place(this);
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _free.Dispose();
    }

    private void Release()
    {
        _free.Release();
        _ = WatchIdleAsync(Volatile.Read(ref _uses));
    }

    private async Task WatchIdleAsync(int uses)
    {
        try
        {
            await Task.Delay(idleTimeout, _disposed.Token).ConfigureAwait(false);
            if (_free.CurrentCount == count && Volatile.Read(ref _uses) == uses)
            {
                onIdle();
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The party stops.
        }
    }

    private sealed class Place(ComputePlaces places) : IDisposable
    {
        private ComputePlaces? _places = places;

        public void Dispose() => Interlocked.Exchange(ref _places, null)?.Release();
    }
}
