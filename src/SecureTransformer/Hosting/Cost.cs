using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What one inference cost. Bytes are payload bytes given to channels by all parties and the client, without frame headers and TLS.</summary>
public sealed class Cost
{
    internal Cost(
        double seconds, long[] bytesByParty, IReadOnlyDictionary<TrafficPhase, long> bytes, IReadOnlyDictionary<TrafficPhase, int> rounds, IReadOnlyList<long> peakMemory)
    {
        Seconds = seconds;
        BytesByParty = bytesByParty;
        BytesByPhase = bytes;
        RoundsByPhase = rounds;
        PeakMemoryByParty = peakMemory;
    }

    /// <summary>Seconds from the client's first share sent to the answer put together.</summary>
    public double Seconds { get; }

    /// <summary>Bytes sent by each party, without setup.</summary>
    public IReadOnlyList<long> BytesByParty { get; }

    /// <summary>Bytes sent by all parties and the client, by phase.</summary>
    public IReadOnlyDictionary<TrafficPhase, long> BytesByPhase { get; }

    /// <summary>The longest chain of messages that depend on one another, by phase.</summary>
    public IReadOnlyDictionary<TrafficPhase, int> RoundsByPhase { get; }

    /// <summary>The peak resident memory of each party's process up to now, in bytes, as the party says. Parties in one process tell the same.</summary>
    public IReadOnlyList<long> PeakMemoryByParty { get; }

    /// <summary>Bytes sent by all parties and the client: input, offline, online and output.</summary>
    public long BytesTotal => BytesByPhase.Where(p => p.Key != TrafficPhase.Setup).Sum(p => p.Value);

    /// <summary>Rounds of input, offline, online and output.</summary>
    public int RoundsTotal => RoundsByPhase.Where(p => p.Key != TrafficPhase.Setup).Sum(p => p.Value);
}
