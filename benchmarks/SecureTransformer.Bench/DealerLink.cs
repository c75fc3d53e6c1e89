using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>
/// Party 0's link to the dealer. It notes what a run asks for and gets, and can then fetch the same again before another run of the same program, which finds it here: the
/// dealer's work is done before the run, and what is measured is the online run alone. Otherwise it adds up the time that the party waits for the dealer.
/// </summary>
internal sealed class DealerLink(IChannel inner) : IChannel
{
    private readonly List<(ushort Operation, byte[] Request)> _requests = [];
    private readonly List<(ushort Operation, int Length)> _answers = [];
    private readonly Queue<FrameBuffer> _fetched = [];
    private bool _noting;
    private bool _replaying;
    private int _request;
    private int _answer;

    public string PeerName => inner.PeerName;

    public TrafficMeter Meter => inner.Meter;

    public bool HasEnded => inner.HasEnded;

    /// <summary>Seconds that the party has waited for the dealer.</summary>
    public double WaitedSeconds { get; private set; }

    /// <summary>Bytes that came from the dealer.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Begins to note what is asked for.</summary>
    public void Note() => _noting = true;

    /// <summary>Has the dealer deal what was noted, all of it.</summary>
    public async Task FetchAsync()
    {
        _noting = false;
        TrafficPhase before = Meter.Phase;
        Meter.Phase = TrafficPhase.Offline;
        foreach ((ushort operation, byte[] request) in _requests)
        {
            FrameBuffer frame = inner.Rent(request.Length);
            request.CopyTo(frame.Span);
            inner.Send(frame, operation);
        }

        foreach ((ushort operation, int length) in _answers)
        {
            _fetched.Enqueue(await inner.ReceiveAsync(operation, length));
            ReceivedBytes += length;
        }

        Meter.Phase = before;
        _replaying = true;
        _request = 0;
        _answer = 0;
    }

    /// <summary>Ends a run on what was fetched.</summary>
    public void EndRun()
    {
        if (_replaying && (_request != _requests.Count || _answer != _answers.Count))
        {
            throw new InvalidOperationException("The run did not use what the run before it did.");
        }

        _replaying = false;
    }

    public void Send(FrameBuffer frame, ushort operation)
    {
        if (_noting)
        {
            _requests.Add((operation, frame.Span.ToArray()));
        }

        if (!_replaying)
        {
            inner.Send(frame, operation);
            return;
        }

        using (frame)
        {
            if (_request == _requests.Count || _requests[_request].Operation != operation || !frame.Span.SequenceEqual(_requests[_request].Request))
            {
                throw new InvalidOperationException("The run asks the dealer for something else than the run before it.");
            }

            _request++;
        }
    }

    public ValueTask<FrameBuffer> ReceiveAsync(ushort operation, int length, CancellationToken cancellationToken = default)
    {
        if (_noting)
        {
            _answers.Add((operation, length));
        }

        if (!_replaying)
        {
            return WaitAsync(operation, length, cancellationToken);
        }

        if (_answer == _answers.Count || _answers[_answer] != (operation, length))
        {
            throw new InvalidOperationException("The run expects something else from the dealer than the run before it.");
        }

        _answer++;
        return ValueTask.FromResult(_fetched.Dequeue());
    }

    public FrameBuffer Rent(int length) => inner.Rent(length);

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => inner.WaitForRoomAsync(cancellationToken);

    public ValueTask<FrameBuffer> ReceiveAtMostAsync(ushort operation, int maxLength, CancellationToken cancellationToken = default) =>
        inner.ReceiveAtMostAsync(operation, maxLength, cancellationToken);

    public void Abort(string reason) => inner.Abort(reason);

    public ValueTask DisposeAsync()
    {
        while (_fetched.TryDequeue(out FrameBuffer? frame))
        {
            frame.Dispose();
        }

        return inner.DisposeAsync();
    }

    private async ValueTask<FrameBuffer> WaitAsync(ushort operation, int length, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        FrameBuffer frame = await inner.ReceiveAsync(operation, length, cancellationToken);
        WaitedSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        ReceivedBytes += length;
        return frame;
    }
}
