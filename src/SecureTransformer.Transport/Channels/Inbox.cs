using System.Threading.Tasks.Sources;

namespace SecureTransformer.Transport;

/// <summary>
/// The received frames of one channel, and the one receive that may wait for the next. A receive that finds a frame
/// completes at once; one that waits allocates nothing: the waiter is this object, and one timer a channel is re-armed
/// at most once a time-out, not once a receive.
/// </summary>
internal sealed class Inbox : IValueTaskSource<FrameBuffer>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkChannel _owner;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly Queue<Frame> _frames = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private ITimer? _timer;
    private bool _timerArmed;
    private long _waitingSince;
    private bool _waiting;
    private bool _unconsumed;
    private Expectation _expected;
    private CancellationTokenRegistration _cancellation;
    private Frame _delivered;
    private Exception? _failure;
    private Fault? _fault;
    private long _bytes;
    private TaskCompletionSource? _room;

    internal Inbox(LinkChannel owner, TimeProvider time, TimeSpan timeout)
    {
        _owner = owner;
        _time = time;
        _timeout = timeout;
    }

    /// <summary>Why no more frames come, if so; queued ones may still be consumed.</summary>
    internal Fault? Fault => Volatile.Read(ref _fault);

    internal ValueTask<FrameBuffer> ReceiveAsync(Expectation expected, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FrameBuffer>(cancellationToken);
        }

        Frame frame;
        short version;
        lock (_gate)
        {
            if (_waiting || _unconsumed)
            {
                throw new InvalidOperationException($"A receive from {_owner.Description} is already pending.");
            }

            if (_frames.Count > 0 && _fault?.Kind is not (FaultKind.Disposed or FaultKind.LocalAbort))
            {
                frame = Dequeue();
                version = -1;
            }
            else if (_fault is not null)
            {
                return ValueTask.FromException<FrameBuffer>(_fault.ToException());
            }
            else
            {
                frame = default;
                _core.Reset();
                version = _core.Version;
                _expected = expected;
                _waiting = true;
                _owner.BeginWait();
                ArmTimer();
            }
        }

        if (frame.Block is not null)
        {
            try
            {
                return new ValueTask<FrameBuffer>(Accept(frame, expected));
            }
            catch (ProtocolException e)
            {
                return ValueTask.FromException<FrameBuffer>(e);
            }
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((Inbox)state!).FailWait(new OperationCanceledException(token)), this);
        }

        return new ValueTask<FrameBuffer>(this, version);
    }

    /// <summary>Adds a frame; false, and the frame is released, if the channel has ended.</summary>
    internal bool Add(in Frame frame)
    {
        bool wake = false;
        lock (_gate)
        {
            if (_fault is not null)
            {
                frame.Release();
                return false;
            }

            if (_waiting)
            {
                _delivered = frame;
                wake = EndWait();
            }
            else
            {
                _frames.Enqueue(frame);
                _bytes += frame.Footprint;
            }
        }

        if (wake)
        {
            _core.SetResult(true);
        }

        return true;
    }

    internal bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _fault is not null;
            }
        }
    }

    /// <summary>Ends the channel for this reason, unless it has already ended. Queued frames stay only if the peer caused it.</summary>
    internal bool End(Fault fault)
    {
        bool wake = false, first;
        lock (_gate)
        {
            first = _fault is null;
            if (first || fault.Kind == FaultKind.Disposed)
            {
                _fault = fault;
            }

            if (_fault!.Kind is FaultKind.Disposed or FaultKind.LocalAbort)
            {
                while (_frames.Count > 0)
                {
                    Dequeue().Release();
                }
            }

            if (_waiting)
            {
                _failure = _fault.ToException();
                wake = EndWait();
            }

            _room?.TrySetResult();
            _room = null;
        }

        _owner.OnEnded();
        if (wake)
        {
            _core.SetResult(true);
        }

        return first;
    }

    /// <summary>Waits until a frame of this length fits into the read-ahead budget, or the channel has ended.</summary>
    internal async ValueTask WaitForRoomAsync(int length, long budget)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_fault is not null || _frames.Count == 0 || _bytes + FramePool.FootprintOf(length) <= budget)
                {
                    return;
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room.ConfigureAwait(false);
        }
    }

    public FrameBuffer GetResult(short token)
    {
        _core.GetResult(token);
        _cancellation.Dispose();
        _cancellation = default;
        Frame frame = _delivered;
        Exception? failure = _failure;
        Expectation expected = _expected;
        _delivered = default;
        _failure = null;
        lock (_gate)
        {
            _unconsumed = false;
        }

        if (failure is not null)
        {
            throw failure;
        }

        return Accept(frame, expected);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private FrameBuffer Accept(in Frame frame, in Expectation expected)
    {
        _owner.OnConsumed(frame.Length);
        if (!expected.Matches(frame))
        {
            string message = $"{_owner.Description} sent operation {frame.Operation} ({frame.Length} bytes) where {expected} was expected.";
            frame.Release();
            _owner.FailProtocol(message);
            throw new ProtocolException(message);
        }

        if (_owner.CheckClock(frame.Clock) is { } complaint)
        {
            frame.Release();
            _owner.FailProtocol(complaint);
            throw new ProtocolException(complaint);
        }

        _owner.Meter.RecordReceived(frame.Clock, frame.Length);
        return new FrameBuffer(frame.Block!, frame.Length);
    }

    private Frame Dequeue()
    {
        Frame frame = _frames.Dequeue();
        _bytes -= frame.Footprint;
        if (_room is not null)
        {
            _room.TrySetResult();
            _room = null;
        }

        return frame;
    }

    /// <summary>Under the lock: turns the waiting receive into a completed one that has not been consumed.</summary>
    private bool EndWait()
    {
        _waiting = false;
        _owner.EndWait();
        _unconsumed = true;
        return true;
    }

    private void FailWait(Exception failure)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _failure = failure;
            EndWait();
        }

        _core.SetResult(true);
    }

    private void ArmTimer()
    {
        _waitingSince = _time.GetTimestamp();
        if (_timerArmed)
        {
            return;
        }

        _timerArmed = true;
        if (_timer is null)
        {
            using AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
            _timer = _time.CreateTimer(static state => ((Inbox)state!).OnTimer(), this, _timeout, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerArmed = false;
            if (!_waiting || _timer is null)
            {
                return;
            }

            TimeSpan left = _timeout - _time.GetElapsedTime(_waitingSince);
            if (left > TimeSpan.Zero)
            {
                _timerArmed = true;
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            _failure = new PeerTimeoutException($"{_owner.Description} sent nothing for {_timeout.TotalSeconds:0.###} s (operation {_expected.Operation} was expected).");
            EndWait();
        }

        _core.SetResult(true);
    }
}
