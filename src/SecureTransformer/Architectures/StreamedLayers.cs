namespace SecureTransformer.Architectures;

/// <summary>
/// Blocks that are read as they are needed, each while the one before it computes: two at most stand in memory. After the last comes the first, for the next pass.
/// One pass at a time.
/// </summary>
/// <param name="count">The number of blocks.</param>
/// <param name="read">Reads a block; called by one flow at a time, beside the computation.</param>
internal sealed class StreamedLayers<TLayer>(int count, Func<int, CancellationToken, ValueTask<TLayer>> read) : LayerSource<TLayer>
    where TLayer : class, IDisposable
{
    private Ahead? _ahead;
    private TLayer? _rented;
    private int _busy;
    private bool _disposed;

    public override int Count => count;

    /// <exception cref="InvalidOperationException">The block before was not given back.</exception>
    public override async ValueTask<TLayer> RentAsync(int index, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("A model whose weights are streamed computes one pass at a time.");
        }

        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_ahead?.Index != index || _ahead.Reading.IsFaulted)
            {
                await DropAsync().ConfigureAwait(false);
                _ahead = new Ahead(index, read);
            }

            // Cancelled, the reading goes on: the next pass finds it, or drops it.
            _rented = await _ahead.Reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            _ahead.Dispose();
            _ahead = new Ahead((index + 1) % count, read);
            return _rented;
        }
        catch
        {
            Volatile.Write(ref _busy, 0);
            throw;
        }
    }

    public override void Return(int index, TLayer layer)
    {
        _rented = null;
        layer.Dispose();
        Volatile.Write(ref _busy, 0);
    }

    /// <summary>Waits for the reading under way, so that nothing reads what is freed next.</summary>
    public override void Dispose()
    {
        _disposed = true;
        _ahead?.Drop();
        _ahead = null;
        _rented?.Dispose();
        _rented = null;
    }

    private async ValueTask DropAsync()
    {
        if (_ahead is { } ahead)
        {
            _ahead = null;
            await ahead.DropAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A block that is being read, or has been.</summary>
    private sealed class Ahead : IDisposable
    {
        private readonly CancellationTokenSource _unwanted = new();

        public Ahead(int index, Func<int, CancellationToken, ValueTask<TLayer>> read)
        {
            Index = index;
            Reading = Task.Run(async () => await read(index, _unwanted.Token).ConfigureAwait(false));
        }

        public int Index { get; }

        public Task<TLayer> Reading { get; }

        public async ValueTask DropAsync()
        {
            await _unwanted.CancelAsync().ConfigureAwait(false);
            await ((Task)Reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Forget();
        }

        /// <summary>As above for a caller that cannot await: reading waits for nobody, and looks for the cancellation after each run.</summary>
        public void Drop()
        {
            _unwanted.Cancel();
            ((IAsyncResult)Reading).AsyncWaitHandle.WaitOne();
            Forget();
        }

        /// <summary>After the reading has ended.</summary>
        public void Dispose() => _unwanted.Dispose();

        private void Forget()
        {
            if (Reading.IsCompletedSuccessfully)
            {
                Reading.Result.Dispose();
            }

            Dispose();
        }
    }
}
