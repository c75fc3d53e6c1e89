using System.Runtime.CompilerServices;

namespace SecureTransformer.Transport;

/// <summary>The counts of a <see cref="TrafficMeter"/> at one moment, or the difference of two.</summary>
public struct TrafficSnapshot : IEquatable<TrafficSnapshot>
{
    private const int Phases = 5;

    private PerPhase _bytes;
    private PerPhase _received;
    private PerPhase _frames;
    private PerPhase _rounds;
    private int _offlineClock;

    /// <summary>The logical clock: rounds over all phases but <see cref="TrafficPhase.Offline"/>.</summary>
    public int Clock { get; private set; }

    /// <summary>Payload bytes sent in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public readonly long BytesSentTotal => Total(_bytes);

    /// <summary>Frames sent in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public readonly long FramesSentTotal => Total(_frames);

    /// <summary>Rounds in all phases but <see cref="TrafficPhase.Setup"/>.</summary>
    public readonly int RoundsTotal => (int)Total(_rounds);

    /// <summary>The traffic between two snapshots of one meter.</summary>
    /// <param name="later">The later snapshot.</param>
    /// <param name="earlier">The earlier snapshot.</param>
    /// <returns>The differences, phase by phase.</returns>
    public static TrafficSnapshot operator -(TrafficSnapshot later, TrafficSnapshot earlier) => Subtract(later, earlier);

    /// <summary>Whether two snapshots hold the same counts.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if all counts agree.</returns>
    public static bool operator ==(TrafficSnapshot left, TrafficSnapshot right) => left.Equals(right);

    /// <summary>Whether two snapshots differ.</summary>
    /// <param name="left">One snapshot.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if any count differs.</returns>
    public static bool operator !=(TrafficSnapshot left, TrafficSnapshot right) => !left.Equals(right);

    /// <summary>The traffic between two snapshots of one meter.</summary>
    /// <param name="later">The later snapshot.</param>
    /// <param name="earlier">The earlier snapshot.</param>
    /// <returns>The differences, phase by phase.</returns>
    public static TrafficSnapshot Subtract(TrafficSnapshot later, TrafficSnapshot earlier)
    {
        TrafficSnapshot difference = default;
        difference.Clock = later.Clock - earlier.Clock;
        for (int i = 0; i < Phases; i++)
        {
            difference._bytes[i] = later._bytes[i] - earlier._bytes[i];
            difference._received[i] = later._received[i] - earlier._received[i];
            difference._frames[i] = later._frames[i] - earlier._frames[i];
            difference._rounds[i] = later._rounds[i] - earlier._rounds[i];
        }

        return difference;
    }

    /// <summary>Payload bytes sent in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of bytes.</returns>
    public readonly long BytesSent(TrafficPhase phase) => _bytes[Index(phase)];

    /// <summary>Payload bytes of frames consumed in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of bytes.</returns>
    public readonly long BytesReceived(TrafficPhase phase) => _received[Index(phase)];

    /// <summary>Frames sent in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of frames.</returns>
    public readonly long FramesSent(TrafficPhase phase) => _frames[Index(phase)];

    /// <summary>How far the clock advanced in a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The number of rounds.</returns>
    public readonly int Rounds(TrafficPhase phase) => (int)_rounds[Index(phase)];

    /// <inheritdoc/>
    public readonly bool Equals(TrafficSnapshot other)
    {
        ReadOnlySpan<long> ours = _bytes, theirs = other._bytes;
        bool equal = Clock == other.Clock && ours.SequenceEqual(theirs);
        ours = _received;
        theirs = other._received;
        equal &= ours.SequenceEqual(theirs);
        ours = _frames;
        theirs = other._frames;
        equal &= ours.SequenceEqual(theirs);
        ours = _rounds;
        theirs = other._rounds;
        return equal & ours.SequenceEqual(theirs);
    }

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is TrafficSnapshot other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Clock, BytesSentTotal, FramesSentTotal, RoundsTotal);

    internal void AddFrame(TrafficPhase phase, int payloadBytes)
    {
        _bytes[(int)phase] += payloadBytes;
        _frames[(int)phase]++;
    }

    internal void AddReceived(TrafficPhase phase, int payloadBytes) => _received[(int)phase] += payloadBytes;

    /// <summary>What the next frame is stamped after.</summary>
    internal readonly int ClockOf(TrafficPhase phase) => phase == TrafficPhase.Offline ? _offlineClock : Clock;

    internal void AdvanceClock(TrafficPhase phase, int stamp)
    {
        if (phase == TrafficPhase.Offline)
        {
            _rounds[(int)phase] += Math.Max(0, stamp - _offlineClock);
            _offlineClock = Math.Max(_offlineClock, stamp);
            return;
        }

        if (stamp > Clock)
        {
            _rounds[(int)phase] += stamp - Clock;
            Clock = stamp;
        }
    }

    private static int Index(TrafficPhase phase) => (uint)phase < Phases
        ? (int)phase
        : throw new ArgumentOutOfRangeException(nameof(phase), phase, "Not a traffic phase.");

    private static long Total(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (long count in counts[1..])
        {
            sum += count;
        }

        return sum;
    }

    [InlineArray(Phases)]
    private struct PerPhase
    {
        private long _first;
    }
}
