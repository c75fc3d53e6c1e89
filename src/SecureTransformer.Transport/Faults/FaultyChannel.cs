namespace SecureTransformer.Transport;

/// <summary>A channel whose sender has <see cref="ChannelFaults"/>.</summary>
internal sealed class FaultyChannel(FaultyParty party, FaultySession session, int? peer, IChannel channel) : IChannel
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(5);

    private readonly ChannelFaults _faults = party.Faults;
    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, long> _numbers = [];
    private readonly CancellationTokenSource _dropping = new();
    private readonly CancellationTokenSource _aborting = new();
    private Task _sending = Task.CompletedTask;
    private long _sequence;
    private int _disposed;
    private volatile bool _dead;

    public string PeerName => channel.PeerName;

    public TrafficMeter Meter => channel.Meter;

    public bool HasEnded => channel.HasEnded || _aborting.IsCancellationRequested;

    private bool IsMute => session.IsSilent && !_dead;

    public FrameBuffer Rent(int length) => channel.Rent(length);

    public void Send(FrameBuffer frame, ushort operation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        try
        {
            RequireNotAborted();
            OutgoingFrame description = Describe(frame.Length, operation);
            if (_faults.Dies?.Invoke(description) == true)
            {
                party.Die();
            }
            else if (session.IsSilent || _faults.Silent?.Invoke(description) == true)
            {
                session.Silence();
            }
            else if (_faults.Wrong?.Invoke(description) == true)
            {
                Falsify(description, frame.Span);
            }

            if (IsMute)
            {
                frame.Dispose();
                return;
            }

            bool late = _faults.Late?.Invoke(description) == true;
            lock (_gate)
            {
                if (!_dead && (late || !_sending.IsCompleted))
                {
                    // Taken over now, for the sender may dispose what it has sent.
                    var kept = new FrameBuffer(frame.Detach(), frame.Length);
                    _sending = SendLaterAsync(_sending, kept, operation, late ? _faults.Delay : TimeSpan.Zero);
                    return;
                }
            }
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        channel.Send(frame, operation);
    }

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => IsMute ? ValueTask.CompletedTask : channel.WaitForRoomAsync(cancellationToken);

    public ValueTask<FrameBuffer> ReceiveAsync(ushort operation, int length, CancellationToken cancellationToken = default) =>
        UnlessAbortedAsync(token => channel.ReceiveAsync(operation, length, token), cancellationToken);

    public ValueTask<FrameBuffer> ReceiveAtMostAsync(ushort operation, int maxLength, CancellationToken cancellationToken = default) =>
        UnlessAbortedAsync(token => channel.ReceiveAtMostAsync(operation, maxLength, token), cancellationToken);

    public void Abort(string reason)
    {
        _dropping.Cancel();
        if (IsMute)
        {
            // The peer is not to hear of it; this end is over all the same.
            _aborting.Cancel();
        }
        else
        {
            channel.Abort(reason);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            long since = TimeProvider.System.GetTimestamp();
            while (!channel.HasEnded && (IsMute ? TimeProvider.System.GetElapsedTime(since) < _faults.LongestSilence : !_sending.IsCompleted))
            {
                await Task.Delay(s_poll).ConfigureAwait(false);
            }

            await _dropping.CancelAsync().ConfigureAwait(false);
            await _sending.ConfigureAwait(false);
            await channel.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            party.Leave(this, session);
        }
    }

    /// <summary>Breaks the link at once, as when the process that holds this end is killed.</summary>
    internal void Cut()
    {
        lock (_gate)
        {
            _dead = true;
        }

        _dropping.Cancel();
        switch (channel)
        {
            case LinkChannel link:
                link.Cut();
                break;
            case FaultyChannel faulty:
                faulty.Cut();
                break;
            default:
                channel.Abort("the link was cut");
                break;
        }
    }

    private OutgoingFrame Describe(int length, ushort operation)
    {
        long number = _numbers.GetValueOrDefault(operation);
        _numbers[operation] = number + 1;
        return new OutgoingFrame { Session = session.Number, Peer = peer, Operation = operation, Sequence = _sequence++, Number = number, Length = length };
    }

    private void Falsify(OutgoingFrame frame, Span<byte> payload)
    {
        if (_faults.Change is { } change)
        {
            change(frame, payload);
            return;
        }

        using var falsehood = new Falsehood(_faults.Seed, frame, _faults.Equivocates);
        if (_faults.Payload == WrongPayload.Replaced)
        {
            falsehood.Fill(payload);
        }
        else if (payload.Length > 0)
        {
            long bit = falsehood.Next(8L * payload.Length);
            payload[(int)(bit / 8)] ^= (byte)(1 << (int)(bit % 8));
        }
    }

    private async Task SendLaterAsync(Task before, FrameBuffer frame, ushort operation, TimeSpan delay)
    {
        try
        {
            Task due = Task.Delay(delay, _faults.TimeProvider, _dropping.Token);
            await before.ConfigureAwait(false);
            await due.ConfigureAwait(false);
            channel.Send(frame, operation);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ProtocolException or InvalidOperationException)
        {
            // The link has ended meanwhile: whoever uses it next learns why.
            frame.Dispose();
        }
    }

    private async ValueTask<FrameBuffer> UnlessAbortedAsync(Func<CancellationToken, ValueTask<FrameBuffer>> receive, CancellationToken cancellationToken)
    {
        RequireNotAborted();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _aborting.Token);
        try
        {
            return await receive(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RequireNotAborted();
            throw;
        }
    }

    private void RequireNotAborted()
    {
        if (_aborting.IsCancellationRequested)
        {
            throw new InvalidOperationException($"The session with {PeerName} was aborted here, silently.");
        }
    }
}
