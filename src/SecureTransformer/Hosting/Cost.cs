using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// What one inference cost. Bytes are payload bytes given to channels by all parties, the client and the dealer where there is one, without frame headers and TLS.
/// Offline is what does not depend on the input: a dealer's material, or randomness that the parties make for each other.
/// </summary>
public sealed class Cost
{
    internal Cost(
        double seconds, double secondsOffline, long[] bytesByParty, IReadOnlyDictionary<TrafficPhase, long> bytes, IReadOnlyDictionary<TrafficPhase, int> rounds, IReadOnlyList<long> peakMemory, int? materialLeft)
    {
        Seconds = seconds;
        SecondsOffline = secondsOffline;
        BytesByParty = bytesByParty;
        BytesByPhase = bytes;
        RoundsByPhase = rounds;
        PeakMemoryByParty = peakMemory;
        MaterialLeft = materialLeft;
    }

    /// <summary>Seconds from the client's first share sent to the answer put together.</summary>
    public double Seconds { get; }

    /// <summary>
    /// How many of the <see cref="Seconds"/> went on what does not depend on the input: party 0 waited for the dealer, or the parties made it, of which the one counts that
    /// took longest; 0 for a protocol that needs none.
    /// </summary>
    public double SecondsOffline { get; }

    /// <summary>The other <see cref="Seconds"/>: what is left where that is made ahead of time.</summary>
    public double SecondsOnline => Seconds - SecondsOffline;

    /// <summary>Bytes sent by each party, without setup; 0 for one that did not report, where the answer was put together without it. What such a party sent is in no sum.</summary>
    public IReadOnlyList<long> BytesByParty { get; }

    /// <summary>Bytes sent by all parties, the client and the dealer, by phase.</summary>
    public IReadOnlyDictionary<TrafficPhase, long> BytesByPhase { get; }

    /// <summary>The longest chain of messages that depend on one another, by phase; those of a dealer, who could send all ahead of time, are not counted.</summary>
    public IReadOnlyDictionary<TrafficPhase, int> RoundsByPhase { get; }

    /// <summary>The peak resident memory of each party's process up to now, in bytes, as the party says; 0 for one that did not. Parties in one process tell the same.</summary>
    public IReadOnlyList<long> PeakMemoryByParty { get; }

    /// <summary>How many more requests the parties' stored material is enough for; null where they have a dealer, or need none.</summary>
    public int? MaterialLeft { get; }

    /// <summary>Bytes of what does not depend on the input: requests to a dealer and material, or what parties without one make for each other.</summary>
    public long BytesOffline => BytesByPhase[TrafficPhase.Offline];

    /// <summary>Bytes sent by all parties, the client and the dealer: input, offline, online and output.</summary>
    public long BytesTotal => BytesByPhase.Where(p => p.Key != TrafficPhase.Setup).Sum(p => p.Value);

    /// <summary>Rounds of input, offline, online and output.</summary>
    public int RoundsTotal => RoundsByPhase.Where(p => p.Key != TrafficPhase.Setup).Sum(p => p.Value);
}
