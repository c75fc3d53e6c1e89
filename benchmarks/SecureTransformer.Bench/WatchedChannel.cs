using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>A party's link to another, which notes the time that the party spends in its set-up phase: opening masked weights.</summary>
internal class WatchedChannel(IChannel inner, SetupClock clock) : IChannel
{
    public string PeerName => inner.PeerName;

    public TrafficMeter Meter => inner.Meter;

    public bool HasEnded => inner.HasEnded;

    protected IChannel Inner => inner;

    public FrameBuffer Rent(int length)
    {
        clock.Note(Meter.Phase);
        return inner.Rent(length);
    }

    public virtual void Send(FrameBuffer frame, ushort operation)
    {
        clock.Note(Meter.Phase);
        inner.Send(frame, operation);
    }

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default) => inner.WaitForRoomAsync(cancellationToken);

    public virtual ValueTask<FrameBuffer> ReceiveAsync(ushort operation, int length, CancellationToken cancellationToken = default)
    {
        clock.Note(Meter.Phase);
        return inner.ReceiveAsync(operation, length, cancellationToken);
    }

    public ValueTask<FrameBuffer> ReceiveAtMostAsync(ushort operation, int maxLength, CancellationToken cancellationToken = default) =>
        inner.ReceiveAtMostAsync(operation, maxLength, cancellationToken);

    public void Abort(string reason) => inner.Abort(reason);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Adds up the time between a party's first message of a set-up and the first one of what follows.</summary>
internal sealed class SetupClock
{
    private long _since;
    private TimeSpan _total;

    public double Seconds => _total.TotalSeconds;

    public void Note(TrafficPhase phase)
    {
        if (phase == TrafficPhase.Setup && _since == 0)
        {
            _since = Stopwatch.GetTimestamp();
        }
        else if (phase != TrafficPhase.Setup && _since != 0)
        {
            _total += Stopwatch.GetElapsedTime(_since);
            _since = 0;
        }
    }

    /// <summary>Forgets what was noted: the session is open.</summary>
    public void Restart() => (_since, _total) = (0, default);
}
