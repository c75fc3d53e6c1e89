using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// What one party's session does from <see cref="MpcSession.BeginProfile"/> until this is disposed: every named scope and operation, when, and what it used. Names and
/// public sizes only.
/// </summary>
/// <remarks>
/// <para>Seconds are wall time at this party, in which it computes, sends or waits. Waiting seconds are those of them in which a receive from another party or the dealer
/// waited (<see cref="TrafficMeter.ReceiveWait"/>). Bytes are payload bytes that this party sent, in all phases but setup. Rounds are how far its logical clock advanced, which
/// leaves out those with a dealer.</para>
/// <para>Costs two readings of a clock and a meter for each slice, and nothing for each element.</para>
/// </remarks>
public sealed class ProfileRecording : IDisposable
{
    /// <summary>The most slices of a recording, about 100 MB: what comes after is counted where it falls, and no longer told apart.</summary>
    internal const int MaxSlices = 1 << 20;

    private readonly Lock _gate = new();
    private readonly List<ProfileSlice> _slices = [];
    private readonly Stack<int> _open = new();
    private readonly Action<ProfileRecording>? _ended;
    private readonly TrafficMeter? _meter;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _waited;
    private readonly long _bytes;

    internal ProfileRecording(int party, TrafficMeter meter, Action<ProfileRecording> ended)
    {
        Party = party;
        Started = DateTimeOffset.UtcNow;
        _ended = ended;
        _meter = meter;
        _waited = meter.ReceiveWait;
        _bytes = meter.BytesSentTotal;
        Begin(ProfileKind.Run, "run", 0, 0);
    }

    /// <summary>A recording that was read from a file.</summary>
    internal ProfileRecording(int party, DateTimeOffset started, IEnumerable<ProfileSlice> slices, bool isTruncated)
    {
        Party = party;
        Started = started;
        _slices.AddRange(slices);
        IsTruncated = isTruncated;
    }

    /// <summary>The party, from 0.</summary>
    public int Party { get; }

    /// <summary>When the recording began, by this machine's clock.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Whether it has ended.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _open.Count == 0;
            }
        }
    }

    /// <summary>Whether the run had more parts than a recording holds, 2^20: those after them are counted within what was open then.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Seconds from the beginning to the end.</summary>
    public double Seconds => Total.Nanoseconds / 1e9;

    /// <summary>How many of the <see cref="Seconds"/> a receive waited.</summary>
    public double WaitingSeconds => Total.WaitingNanoseconds / 1e9;

    /// <summary>Payload bytes that the party sent.</summary>
    public long BytesSent => Total.Bytes;

    /// <summary>How far the party's logical clock advanced.</summary>
    public int Rounds => Total.Clock;

    /// <summary>All slices of a complete recording; the first is the whole.</summary>
    internal IReadOnlyList<ProfileSlice> Slices => IsComplete
        ? _slices
        : throw new InvalidOperationException($"Party {Party} is still recording: dispose the recording, or the session, before the profile is read.");

    private ProfileCounters Total => Slices[0].Used;

    /// <summary>Ends the recording, and what is open within it.</summary>
    public void Dispose()
    {
        End(0);
        _ended?.Invoke(this);
    }

    internal int Begin(ProfileKind kind, string name, long elements, long products)
    {
        lock (_gate)
        {
            if (_slices.Count > 0 && _open.Count == 0)
            {
                return -1;
            }

            if (_slices.Count == MaxSlices)
            {
                IsTruncated = true;
                return -1;
            }

            int slice = _slices.Count;
            ProfileCounters now = slice == 0 ? new ProfileCounters(0, 0, 0, _meter!.Clock) : Now();
            _slices.Add(new ProfileSlice(_open.TryPeek(out int parent) ? parent : -1, _open.Count, kind, name, elements, products, now, default));
            _open.Push(slice);
            return slice;
        }
    }

    internal void End(int slice)
    {
        lock (_gate)
        {
            if (!_open.Contains(slice))
            {
                return;
            }

            ProfileCounters now = Now();
            int ended;
            do
            {
                ended = _open.Pop();
                _slices[ended] = _slices[ended] with { End = now };
            }
            while (ended != slice);
        }
    }

    private ProfileCounters Now()
    {
        TrafficSnapshot counts = _meter!.Snapshot();
        return new ProfileCounters(Nanoseconds(Stopwatch.GetElapsedTime(_started)), Nanoseconds(_meter.ReceiveWait - _waited), counts.BytesSentTotal - _bytes, counts.Clock);
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
