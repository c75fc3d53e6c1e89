using System.Net.Security;
using System.Net.Sockets;

namespace SecureTransformer.Transport;

/// <summary>
/// An end of a link over TLS. Sending queues; a pump runs while there is something queued, small frames gathered into one
/// write, large ones written in place. A reader runs ahead into the inbox within its budget. Closing sends what is
/// queued, says goodbye and then reads on until the peer has closed too, because a socket closed over unread bytes
/// resets the connection and may take the last frames with it.
/// </summary>
internal sealed class TcpChannel : LinkChannel, IThreadPoolWorkItem
{
    private const int GatherLimit = 16 << 10;
    private const int GatherSize = 64 << 10;

    private readonly SslStream _stream;
    private readonly RecordStream _records;
    private readonly Socket _socket;
    private readonly Action<TcpChannel> _onEnded;
    private readonly Lock _sendGate = new();
    private readonly Queue<Frame> _outgoing = new();
    private readonly byte[] _gathered = GC.AllocateUninitializedArray<byte>(GatherSize, pinned: true);
    private readonly TaskCompletionSource _sendingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _nextSequence;
    private bool _pumping;
    private bool _sendingOver;
    private Action? _onClosedForGood;
    private Task _reading = Task.CompletedTask;

    internal TcpChannel(
        TlsConnection connection, LinkInfo info, TrafficMeter meter, FramePool pool, TransportOptions options, EmulatedLink? emulated, Action<TcpChannel> onEnded)
        : base(info, meter, pool, options, emulated)
    {
        _stream = connection.Stream;
        _records = connection.Records;
        _socket = connection.Socket;
        _onEnded = onEnded;
    }

    /// <summary>Completes when the connection is gone for good.</summary>
    internal Task Ended { get; private set; } = Task.CompletedTask;

    public void Execute() => _ = PumpAsync(onCaller: false);

    /// <summary>Begins to read. Separate from the constructor, so that the owner can register the channel first.</summary>
    internal void Start()
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Ended = ended.Task;
        _onClosedForGood = ended.SetResult;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Cuts the connection at once, without farewell.</summary>
    internal void Kill()
    {
        Inbox.End(new Fault(FaultKind.Disposed, $"The endpoint that held the channel to {Description} was disposed."));
        _socket.Dispose();
    }

    internal override void OnConsumed(int length)
    {
    }

    internal override void Transmit(in Frame frame)
    {
        lock (_sendGate)
        {
            if (_sendingOver)
            {
                Drop(frame);
                return;
            }

            if (frame.Operation == Frame.AbortOperation)
            {
                DropQueued();
            }

            _outgoing.Enqueue(frame);
            if (_pumping)
            {
                return;
            }

            _pumping = true;
        }

        if (frame.Length <= GatherLimit)
        {
            _ = PumpAsync(onCaller: true);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    protected override void CutCore() => _socket.Dispose();

    protected override async ValueTask CloseAsync()
    {
        Dispatch(Frame.Close);
        try
        {
            await _sendingEnded.Task.WaitAsync(Options.CloseTimeout, Options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            EndSending();
            _socket.Dispose();
        }

        _ = LingerAsync();
    }

    private async Task LingerAsync()
    {
        try
        {
            await _reading.WaitAsync(Options.CloseTimeout, Options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }

        _socket.Dispose();
        await _reading.ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _gathered.AsSpan().Clear();
        _onEnded(this);
        _onClosedForGood?.Invoke();
    }

    /// <summary>Writes until the queue is empty; one runs at a time. On a caller's thread it writes small frames only.</summary>
    private async Task PumpAsync(bool onCaller)
    {
        try
        {
            while (true)
            {
                Frame frame;
                int gathered;
                lock (_sendGate)
                {
                    if (_sendingOver)
                    {
                        return;
                    }

                    gathered = Gather();
                    frame = default;
                    if (gathered == 0 && !_outgoing.TryDequeue(out frame))
                    {
                        _pumping = false;
                        return;
                    }
                }

                if (gathered > 0)
                {
                    await _stream.WriteAsync(_gathered.AsMemory(0, gathered)).ConfigureAwait(false);
                }
                else if (frame.Operation == Frame.CloseOperation)
                {
                    await _stream.ShutdownAsync().ConfigureAwait(false);
                    _socket.Shutdown(SocketShutdown.Send);
                    EndSending();
                    return;
                }
                else
                {
                    if (onCaller)
                    {
                        onCaller = false;
                        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    }

                    try
                    {
                        _records.Gathering = true;
                        await _stream.WriteAsync(WithHeader(frame)).ConfigureAwait(false);
                        await _records.FlushGatheredAsync().ConfigureAwait(false);
                    }
                    finally
                    {
                        Drop(frame);
                    }
                }
            }
        }
        catch (Exception e)
        {
            // Nobody awaits the pump: whatever ends it ends the channel.
            Inbox.End(new Fault(FaultKind.Broken, $"The connection to {Description} broke: {e.Message}", e));
            EndSending();
        }
    }

    /// <summary>Under the lock: moves small frames from the front of the queue into one block.</summary>
    private int Gather()
    {
        int filled = 0;
        while (_outgoing.TryPeek(out Frame frame)
            && frame.Block is not null
            && frame.Length <= GatherLimit
            && frame.Length + FrameHeader.Size <= _gathered.Length - filled)
        {
            _outgoing.Dequeue();
            Memory<byte> bytes = WithHeader(frame);
            bytes.Span.CopyTo(_gathered.AsSpan(filled));
            filled += bytes.Length;
            Drop(frame);
        }

        return filled;
    }

    private Memory<byte> WithHeader(in Frame frame)
    {
        Memory<byte> bytes = frame.Block!.WithHeader(FrameHeader.Size, frame.Length);
        ulong sequence = frame.Operation == Frame.AbortOperation ? ulong.MaxValue : _nextSequence++;
        new FrameHeader(Session.Tag, sequence, frame.Operation, frame.Clock, frame.Length).Write(bytes.Span);
        return bytes;
    }

    /// <summary>The peer has closed and wants nothing more: close this direction too, so that it need not linger.</summary>
    private void AnswerFarewell()
    {
        lock (_sendGate)
        {
            DropQueued();
        }

        Transmit(Frame.Close);
    }

    private void EndSending()
    {
        lock (_sendGate)
        {
            _sendingOver = true;
            DropQueued();
        }

        _sendingEnded.TrySetResult();
    }

    private void DropQueued()
    {
        while (_outgoing.TryDequeue(out Frame frame))
        {
            Drop(frame);
        }
    }

    private void Drop(in Frame frame)
    {
        frame.Release();
        if (frame.Operation < IChannel.FirstReservedOperation)
        {
            OnLeft(frame.Length);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            string ending = await ReadFramesAsync().ConfigureAwait(false);
            TransportLog.LinkEnded(Options.Logger, Description, ending);
            await DrainAsync().ConfigureAwait(false);
            AnswerFarewell();
        }
        catch (Exception e)
        {
            // Nobody awaits the reader but the end of the channel: whatever ends it ends the channel.
            string reason = e is EndOfStreamException ? "closed the connection in the middle of a frame" : $"closed the connection: {e.Message}";
            if (Inbox.End(new Fault(FaultKind.Closed, $"{Description} {reason}.", e)))
            {
                TransportLog.LinkEnded(Options.Logger, Description, reason);
            }

            EndSending();
        }
    }

    /// <summary>Reads frames into the inbox until the channel ends; why it did.</summary>
    private async Task<string> ReadFramesAsync()
    {
        byte[] head = new byte[FrameHeader.Size];
        for (ulong expected = 0; ; expected++)
        {
            int read = await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false).ConfigureAwait(false);
            if (read == 0)
            {
                Inbox.End(new Fault(FaultKind.Closed, $"{Description} closed the connection."));
                return "closed by the peer";
            }

            if (read < head.Length)
            {
                throw new EndOfStreamException();
            }

            FrameHeader header = FrameHeader.Read(head, out string? complaint);
            complaint ??= Check(header, expected);
            if (complaint is not null)
            {
                FailProtocol($"{Description} sent {complaint}.");
                return complaint;
            }

            await Inbox.WaitForRoomAsync(header.Length, Options.ReadAheadBytes).ConfigureAwait(false);
            if (Inbox.Fault is not null)
            {
                return "ended here";
            }

            FrameBlock block = Pool.RentBlock(header.Length);
            try
            {
                await _stream.ReadExactlyAsync(block.PayloadMemory(header.Length)).ConfigureAwait(false);
            }
            catch
            {
                block.Return(header.Length);
                throw;
            }

            if (header.Operation == Frame.AbortOperation)
            {
                string reason = PublicText.Decode(block.Payload(header.Length));
                block.Return(header.Length);
                Inbox.End(new Fault(FaultKind.Protocol, $"{Description} ended the session: {reason}"));
                return reason;
            }

            Inbox.Add(new Frame(block, header.Length, header.Operation, header.Clock));
        }
    }

    private string? Check(in FrameHeader header, ulong expected)
    {
        bool abort = header.Operation == Frame.AbortOperation;
        return header.SessionTag != Session.Tag ? "a frame of another session"
            : abort && header.Length > PublicText.MaxLength ? $"a reason of {header.Length} bytes"
            : !abort && header.Operation >= IChannel.FirstReservedOperation ? $"operation {header.Operation}, which is reserved"
            : !abort && header.Sequence != expected ? $"frame {header.Sequence} where frame {expected} was expected"
            : null;
    }

    /// <summary>Reads and forgets until the peer has closed.</summary>
    private async Task DrainAsync()
    {
        byte[] scratch = new byte[GatherLimit];
        while (await _stream.ReadAsync(scratch).ConfigureAwait(false) > 0)
        {
            scratch.AsSpan().Clear();
        }
    }
}
