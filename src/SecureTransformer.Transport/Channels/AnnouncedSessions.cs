namespace SecureTransformer.Transport;

/// <summary>
/// Sessions that others have opened with a place before it has: each is given out once, in the order of their arrival. Whoever announces one withdraws it when nobody waits
/// for it any more, so there are no more of them than waiting peers. The last 4,096 that were taken are remembered.
/// </summary>
internal sealed class AnnouncedSessions(string localName) : IDisposable
{
    private const int Remembered = 4096;

    private readonly Lock _gate = new();
    private readonly LinkedList<SessionId> _waiting = [];
    private readonly HashSet<SessionId> _taken = [];
    private readonly Queue<SessionId> _takenInOrder = new();
    private TaskCompletionSource? _change;
    private bool _disposed;

    internal void Announce(SessionId id)
    {
        lock (_gate)
        {
            if (!_disposed && !_taken.Contains(id) && !_waiting.Contains(id))
            {
                _waiting.AddLast(id);
                Wake();
            }
        }
    }

    internal void Withdraw(SessionId id)
    {
        lock (_gate)
        {
            _waiting.Remove(id);
        }
    }

    /// <summary>The session is being opened here, whether it was accepted or known otherwise.</summary>
    internal void Take(SessionId id)
    {
        lock (_gate)
        {
            _waiting.Remove(id);
            Remember(id);
        }
    }

    internal async Task<SessionId> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task change;
            lock (_gate)
            {
                if (_disposed)
                {
                    throw new ObjectDisposedException(nameof(IPartyEndpoint), $"The endpoint of {localName} was disposed.");
                }

                if (_waiting.First is { Value: SessionId id })
                {
                    _waiting.RemoveFirst();
                    Remember(id);
                    return id;
                }

                _change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                change = _change.Task;
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _waiting.Clear();
            Wake();
        }
    }

    private void Wake()
    {
        _change?.SetResult();
        _change = null;
    }

    private void Remember(SessionId id)
    {
        if (_taken.Add(id))
        {
            _takenInOrder.Enqueue(id);
        }

        if (_takenInOrder.Count > Remembered)
        {
            _taken.Remove(_takenInOrder.Dequeue());
        }
    }
}
