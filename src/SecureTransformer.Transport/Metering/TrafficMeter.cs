using System.Diagnostics;

namespace SecureTransformer.Transport;

/// <summary>
/// Counts what one endpoint sends and consumes within one session, by phase, and keeps the session's logical clock.
/// Bytes are payload bytes given to channels, without frame headers and TLS. The clock is the length of the longest chain
/// of messages that depend on one another (Lamport's clock, advanced by messages only): a frame is sent with the
/// sender's clock plus one, and consuming it raises the receiver's clock to that stamp. Messages of <see cref="TrafficPhase.Offline"/>, which
/// could all have been sent before, have a clock of their own; both ends of one are in that phase. Thread-safe.
/// </summary>
public sealed class TrafficMeter
{
    private readonly Lock _gate = new();
    private TrafficSnapshot _counts;
    private TrafficPhase _phase = TrafficPhase.Setup;
    private TimeSpan _offlineWait;
    private long _offlineTime;
    private long _offlineSince;
    private long _receiveWait;
    private long _waitingSince;
    private int _waiting;

    /// <summary>The phase that traffic is charged to from now on; <see cref="TrafficPhase.Setup"/> at first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a phase.</exception>
    public TrafficPhase Phase
    {
        get
        {
            lock (_gate)
            {
                return _phase;
            }
        }

        set
        {
            if (!Enum.IsDefined(value))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "Not a traffic phase.");
            }

            lock (_gate)
            {
                if (_phase != value && value == TrafficPhase.Offline)
                {
                    _offlineSince = Stopwatch.GetTimestamp();
                }
                else if (_phase != value && _phase == TrafficPhase.Offline)
                {
                    _offlineTime += Stopwatch.GetTimestamp() - _offlineSince;
                }

                _phase = value;
            }
        }
    }

    /// <summary>The longest chain of dependent messages that has reached this endpoint, over all phases but <see cref="TrafficPhase.Offline"/>.</summary>
    public int Clock => Snapshot().Clock;

    /// <summary>How long programs waited, in all, for what could have been there before; see <see cref="RecordOfflineWait"/>.</summary>
    public TimeSpan OfflineWait
    {
        get
        {
            lock (_gate)
            {
                return _offlineWait;
            }
        }
    }

    /// <summary>How long <see cref="TrafficPhase.Offline"/> was the phase, in all: parties that make for each other what does not depend on the input spend it so.</summary>
    public TimeSpan OfflineTime
    {
        get
        {
            lock (_gate)
            {
                return Stopwatch.GetElapsedTime(0, _offlineTime + (_phase == TrafficPhase.Offline ? Stopwatch.GetTimestamp() - _offlineSince : 0));
            }
        }
    }

    /// <summary>
    /// How long, in all, a receive waited for a frame that was not there: the time in which at least one did. What a program computes while its receive waits is in it; a
    /// party's waiting for its client is not.
    /// </summary>
    public TimeSpan ReceiveWait
    {
        get
        {
            lock (_gate)
            {
                return Stopwatch.GetElapsedTime(0, _receiveWait + (_waiting > 0 ? Stopwatch.GetTimestamp() - _waitingSince : 0));
            }
        }
    }

    /// <summary>Payload bytes sent in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public long BytesSentTotal => Snapshot().BytesSentTotal;

    /// <summary>Frames sent in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public long FramesSentTotal => Snapshot().FramesSentTotal;

    /// <summary>Rounds observed in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public int RoundsTotal => Snapshot().RoundsTotal;

    /// <summary>Payload bytes sent in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of bytes.</returns>
    public long BytesSent(TrafficPhase phase) => Snapshot().BytesSent(phase);

    /// <summary>Frames sent in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of frames.</returns>
    public long FramesSent(TrafficPhase phase) => Snapshot().FramesSent(phase);

    /// <summary>How far the clock advanced while this was the meter's phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of rounds.</returns>
    public int Rounds(TrafficPhase phase) => Snapshot().Rounds(phase);

    /// <summary>All counts at one moment.</summary>
    /// <returns>A copy that does not change; subtract two for the traffic between them.</returns>
    public TrafficSnapshot Snapshot()
    {
        lock (_gate)
        {
            return _counts;
        }
    }

    /// <summary>Records one sent frame. For implementations of <see cref="IChannel"/>.</summary>
    /// <param name="payloadBytes">The length of its payload.</param>
    /// <returns>The clock stamp that the frame carries.</returns>
    public int RecordSent(int payloadBytes)
    {
        lock (_gate)
        {
            _counts.AddFrame(_phase, payloadBytes);
            return checked(_counts.ClockOf(_phase) + 1);
        }
    }

    /// <summary>Payload bytes of frames consumed in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of bytes.</returns>
    public long BytesReceived(TrafficPhase phase) => Snapshot().BytesReceived(phase);

    /// <summary>Records that a program waited for what could have been there before, such as a dealer's material.</summary>
    /// <param name="time">How long.</param>
    public void RecordOfflineWait(TimeSpan time)
    {
        lock (_gate)
        {
            _offlineWait += time;
        }
    }

    /// <summary>Records that a receive begins to wait.</summary>
    internal void BeginWait()
    {
        lock (_gate)
        {
            if (_waiting++ == 0)
            {
                _waitingSince = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>Records that a receive waits no longer.</summary>
    internal void EndWait()
    {
        lock (_gate)
        {
            if (--_waiting == 0)
            {
                _receiveWait += Stopwatch.GetTimestamp() - _waitingSince;
            }
        }
    }

    /// <summary>Records that a frame was consumed. For implementations of <see cref="IChannel"/>.</summary>
    /// <param name="stamp">The clock stamp that the frame carried.</param>
    /// <param name="payloadBytes">The length of its payload.</param>
    public void RecordReceived(int stamp, int payloadBytes = 0)
    {
        lock (_gate)
        {
            _counts.AddReceived(_phase, payloadBytes);
            _counts.AdvanceClock(_phase, stamp);
        }
    }
}
