namespace SecureTransformer.Transport;

/// <summary>
/// Where connections from lower parties meet the sessions that wait for them. Whichever comes first waits: a connection
/// at most twice the connect time-out, and at most so many of them, and is announced meanwhile. The last 4,096 meetings are remembered, so that a
/// second connection for one of them is refused.
/// </summary>
internal sealed class Rendezvous(NetworkDescription description, TransportOptions options, AnnouncedSessions announced) : IDisposable
{
    private const int Remembered = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionId Session, int Peer), TaskCompletionSource<TlsConnection>> _waiting = [];
    private readonly Dictionary<(SessionId Session, int Peer), (TlsConnection Connection, ITimer Expiry)> _parked = [];
    private readonly HashSet<(SessionId Session, int Peer)> _met = [];
    private readonly Queue<(SessionId Session, int Peer)> _metInOrder = new();
    private bool _disposed;

    private int MaxParked => options.MaxSessions * description.PlaceCount;

    /// <summary>Takes a greeted connection over; the text of the refusal if it cannot, and then the caller keeps it.</summary>
    internal string? Arrive(SessionId session, int peer, TlsConnection connection)
    {
        (SessionId, int) key = (session, peer);
        TaskCompletionSource<TlsConnection>? waiter;
        lock (_gate)
        {
            if (_disposed)
            {
                return "the party is shutting down";
            }

            if (_met.Contains(key) || _parked.ContainsKey(key))
            {
                return "duplicate session";
            }

            if (!_waiting.Remove(key, out waiter))
            {
                if (_parked.Count >= MaxParked)
                {
                    return "too many sessions";
                }

                ITimer expiry = options.TimeProvider.CreateTimer(_ => Expire(key), null, options.ConnectTimeout * 2, Timeout.InfiniteTimeSpan);
                _parked.Add(key, (connection, expiry));
                announced.Announce(session);
                return null;
            }

            Remember(key);
        }

        waiter.SetResult(connection);
        return null;
    }

    /// <summary>An authenticated lower party greeted wrongly: whoever waits for it learns why.</summary>
    internal void Fail(SessionId session, int peer, string refusal)
    {
        TaskCompletionSource<TlsConnection>? waiter;
        lock (_gate)
        {
            _waiting.Remove((session, peer), out waiter);
        }

        waiter?.SetException(new ProtocolException($"{description.Describe(peer)} was refused: {refusal}"));
    }

    /// <summary>The connection of a lower party for a session, welcomed.</summary>
    internal async Task<TlsConnection> WaitAsync(SessionId session, int peer, CancellationToken timeout, CancellationToken cancellationToken)
    {
        (SessionId, int) key = (session, peer);
        string party = description.Describe(peer);
        TlsConnection? connection = null;
        try
        {
            Task<TlsConnection> arrival = Expect(key);
            await using (timeout.UnsafeRegister(_ => GiveUp(key), null).ConfigureAwait(false))
            {
                connection = await arrival.ConfigureAwait(false);
            }

            await HandshakeFrames.WriteAsync(connection.Stream, session.Tag, Hello.WelcomeOperation, default, timeout).ConfigureAwait(false);
            TransportLog.Accepted(options.Logger, description.NameOf(peer), connection.RemoteAddress, session);
            return connection;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new PeerTimeoutException($"{party} did not connect for session {session} within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
        catch (IOException e)
        {
            connection?.Dispose();
            throw new IOException($"{party} closed the connection during the handshake.", e);
        }
    }

    public void Dispose()
    {
        List<TlsConnection> parked;
        lock (_gate)
        {
            _disposed = true;
            parked = [.. _parked.Values.Select(p => p.Connection)];
            foreach ((_, ITimer expiry) in _parked.Values)
            {
                expiry.Dispose();
            }

            _parked.Clear();
        }

        parked.ForEach(c => c.Dispose());
    }

    private Task<TlsConnection> Expect((SessionId Session, int Peer) key)
    {
        lock (_gate)
        {
            if (_parked.Remove(key, out (TlsConnection Connection, ITimer Expiry) parked))
            {
                parked.Expiry.Dispose();
                Remember(key);
                return Task.FromResult(parked.Connection);
            }

            TaskCompletionSource<TlsConnection> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(key, waiter);
            return waiter.Task;
        }
    }

    private void GiveUp((SessionId Session, int Peer) key)
    {
        TaskCompletionSource<TlsConnection>? waiter;
        lock (_gate)
        {
            if (!_waiting.Remove(key, out waiter))
            {
                return;
            }

            Remember(key);
        }

        waiter.SetCanceled();
    }

    private void Expire((SessionId Session, int Peer) key)
    {
        (TlsConnection Connection, ITimer Expiry) parked;
        lock (_gate)
        {
            if (!_parked.Remove(key, out parked))
            {
                return;
            }

            if (!_parked.Keys.Any(other => other.Session == key.Session))
            {
                announced.Withdraw(key.Session);
            }
        }

        parked.Expiry.Dispose();
        TransportLog.TurnedAway(options.Logger, parked.Connection.RemoteAddress, $"session {key.Session} was not opened here in time");
        parked.Connection.Dispose();
    }

    private void Remember((SessionId Session, int Peer) key)
    {
        if (_met.Add(key))
        {
            _metInOrder.Enqueue(key);
        }

        while (_metInOrder.Count > Remembered)
        {
            _met.Remove(_metInOrder.Dequeue());
        }
    }
}
