namespace SecureTransformer.Transport;

/// <summary>What the channels of all transports share: checks, counting, the inbox, the end of a channel.</summary>
internal abstract class LinkChannel : IChannel
{
    // How far a client may be ahead of a party. It carries the clock of one party to the others, and one that only deals
    // to them has heard of none of their rounds: more than a request has, not a message or two.
    private const int ClientLead = 1 << 16;

    // However many frames a client sends, it leaves the parties half of the range: none can be made to break a party's bound.
    private const int MaxClientClock = FrameHeader.MaxClock / 2;

    // Who waits for the dealer makes others wait in turn: it gives up first, so that all learn whom to blame.
    private const double DealerPatience = 0.8;

    private readonly LinkInfo _info;
    private readonly TransportOptions _options;
    private readonly FramePool _pool;
    private readonly EmulatedLink? _emulated;
    private Action? _onDisposed;
    private readonly SendQueue _queue;
    private int _disposed;

    protected LinkChannel(LinkInfo info, TrafficMeter meter, FramePool pool, TransportOptions options, EmulatedLink? emulated)
    {
        _info = info;
        _pool = pool;
        _options = options;
        _emulated = emulated;
        Meter = meter;
        _queue = new SendQueue(Math.Min(options.ReadAheadBytes, options.MaxQueuedBytes / 2));
        Inbox = new Inbox(this, options.TimeProvider, info.IsPeerDealer ? options.ReceiveTimeout * DealerPatience : options.ReceiveTimeout);
    }

    public string PeerName => _info.PeerName;

    public TrafficMeter Meter { get; }

    public bool HasEnded => IsDisposed || Inbox.HasEnded;

    internal string Description => _info.Description;

    internal Inbox Inbox { get; }

    /// <summary>A receive begins to wait. A client may take its time, or is only watched: waiting for one does not count.</summary>
    internal void BeginWait()
    {
        if (!_info.IsPeerClient)
        {
            Meter.BeginWait();
        }
    }

    /// <summary>A receive waits no longer.</summary>
    internal void EndWait()
    {
        if (!_info.IsPeerClient)
        {
            Meter.EndWait();
        }
    }

    protected TransportOptions Options => _options;

    protected FramePool Pool => _pool;

    protected SessionId Session => _info.Session;

    protected long QueuedBytes => _queue.Bytes;

    /// <summary>How many bytes may be queued at the sender.</summary>
    protected virtual long QueueLimit => _options.MaxQueuedBytes;

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public FrameBuffer Rent(int length)
    {
        if ((uint)length > IChannel.MaxFrameLength)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A frame to {Description} has 0 to {IChannel.MaxFrameLength} bytes.");
        }

        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return _pool.Rent(length);
    }

    public void Send(FrameBuffer frame, ushort operation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        try
        {
            CheckSend(frame, operation);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        int length = frame.Length;
        FrameBlock block = frame.Detach();
        int stamp = Meter.RecordSent(length);
        _options.FrameObserver?.Invoke(new ObservedFrame
        {
            SessionId = _info.Session,
            From = _info.LocalName,
            To = _info.PeerName,
            Operation = operation,
            Phase = Meter.Phase,
            Clock = stamp,
            Payload = block.Payload(length),
        });
        _queue.Add(FramePool.FootprintOf(length));
        Dispatch(new Frame(block, length, operation, stamp));
    }

    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Task? room = _queue.Room(Description);
            if (Inbox.Fault is { } fault)
            {
                _queue.Forget();
                throw fault.ToException();
            }

            if (room is null)
            {
                return;
            }

            try
            {
                await room.WaitAsync(_options.ReceiveTimeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is TimeoutException or OperationCanceledException)
            {
                _queue.Forget();
                if (error is TimeoutException)
                {
                    throw new PeerTimeoutException($"{Description} took nothing of {QueuedBytes} queued bytes for {_options.ReceiveTimeout.TotalSeconds:0.###} s.");
                }

                throw;
            }
        }
    }

    public ValueTask<FrameBuffer> ReceiveAsync(ushort operation, int length, CancellationToken cancellationToken = default) =>
        ReceiveCoreAsync(operation, length, exact: true, cancellationToken);

    public ValueTask<FrameBuffer> ReceiveAtMostAsync(ushort operation, int maxLength, CancellationToken cancellationToken = default) =>
        ReceiveCoreAsync(operation, maxLength, exact: false, cancellationToken);

    public void Abort(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        string text = PublicText.Sanitise(reason);
        if (!IsDisposed && Inbox.End(new Fault(FaultKind.LocalAbort, $"The session with {Description} was aborted here: {text}")))
        {
            SendAbort(text);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Inbox.End(new Fault(FaultKind.Disposed, $"The channel to {Description} was disposed."));
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            Inbox.Dispose();
            _onDisposed?.Invoke();
        }
    }

    /// <summary>Breaks the link at once, as when this process is killed: what is queued here is lost, and the peer finds the connection closed.</summary>
    internal void Cut()
    {
        if (Inbox.End(new Fault(FaultKind.Broken, $"The link to {Description} was cut here.")))
        {
            CutCore();
        }
    }

    /// <summary>What to do once when the channel has been disposed; set before it is handed out.</summary>
    internal void OnDisposed(Action action) => _onDisposed = action;

    /// <summary>Ends the channel because of what the peer sent, and tells the peer.</summary>
    internal void FailProtocol(string message)
    {
        if (Inbox.End(new Fault(FaultKind.Protocol, message)))
        {
            SendAbort("received a frame that does not fit the protocol");
        }
    }

    /// <summary>What is wrong with the stamp of a frame about to be consumed; null if nothing is.</summary>
    internal string? CheckClock(int stamp)
    {
        if (!_info.IsPeerClient)
        {
            return null;
        }

        int highest = Math.Min(Meter.Clock + ClientLead, MaxClientClock);
        return stamp <= highest ? null : $"{Description} sent a frame with clock {stamp}, where a client's is at most {highest}.";
    }

    /// <summary>Puts a frame on the link proper, after emulation.</summary>
    internal abstract void Transmit(in Frame frame);

    /// <summary>The program has consumed a frame from the inbox.</summary>
    internal abstract void OnConsumed(int length);

    /// <summary>A frame of the outgoing queue is gone.</summary>
    internal void OnLeft(int length) => _queue.Remove(FramePool.FootprintOf(length));

    /// <summary>The channel has ended: a sender that waits for room learns why.</summary>
    internal void OnEnded()
    {
        // A sender that has just begun to wait sees the fault, or is seen here.
        Interlocked.MemoryBarrier();
        _queue.Wake();
    }

    /// <summary>Sends what is queued and closes the link.</summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>Breaks the link without farewell.</summary>
    protected abstract void CutCore();

    protected void Dispatch(in Frame frame)
    {
        if (_emulated is null)
        {
            Transmit(frame);
        }
        else
        {
            _emulated.Submit(this, frame);
        }
    }

    private void SendAbort(string text)
    {
        FrameBlock block = _pool.RentBlock(text.Length);
        PublicText.Encode(text, block.Payload(text.Length));
        Dispatch(new Frame(block, text.Length, Frame.AbortOperation, 0));
    }

    private void CheckSend(FrameBuffer frame, ushort operation)
    {
        if (operation >= IChannel.FirstReservedOperation)
        {
            throw new ArgumentOutOfRangeException(nameof(operation), operation, $"Operations from {IChannel.FirstReservedOperation} on are reserved.");
        }

        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Inbox.Fault is { } fault)
        {
            throw fault.ToException();
        }

        if (QueuedBytes + FramePool.FootprintOf(frame.Length) > QueueLimit)
        {
            throw new InvalidOperationException($"More than {QueueLimit} bytes are queued for {Description}; it does not receive fast enough.");
        }
    }

    private ValueTask<FrameBuffer> ReceiveCoreAsync(ushort operation, int length, bool exact, CancellationToken cancellationToken)
    {
        if ((uint)length > IChannel.MaxFrameLength)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A frame from {Description} has 0 to {IChannel.MaxFrameLength} bytes.");
        }

        return Inbox.ReceiveAsync(new Expectation(operation, length, exact), cancellationToken);
    }
}
