using System.Text.Json.Serialization;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>How a benchmark runs.</summary>
internal sealed class BenchOptions
{
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    /// <summary>The number of parties, where the protocol does not fix it; by default its smallest.</summary>
    public int? Parties { get; init; }

    /// <summary>How many parties may collude, where the protocol lets one choose it; by default as <see cref="MpcProtocols.ThresholdOf"/> says.</summary>
    public int? Threshold { get; init; }

    public BenchTransport Transport { get; init; }

    /// <summary>The emulated network; none by default.</summary>
    public NetworkConditions? Network { get; init; }

    public DealerTime Dealer { get; init; }

    public int FractionalBits { get; init; } = 18;

    /// <summary>Compute threads of each party.</summary>
    public int Threads { get; init; } = 1;

    public int Repetitions { get; init; } = 3;

    /// <summary>Runs before the counted ones, which meet code that is not compiled yet and memory that is not there yet.</summary>
    public int WarmUps { get; init; } = 1;

    /// <summary>
    /// How long to go on warming up where there are three runs before the counted ones. The runtime compiles what was called often anew, beside the parties, in the first
    /// second: operations take up to three times the processor time meanwhile.
    /// </summary>
    public double WarmUpSeconds { get; init; }

    /// <summary>How long to repeat at least, where there are three runs before the counted ones: the median of runs of some milliseconds is that of a moment else.</summary>
    public double RepeatSeconds { get; init; }

    [JsonIgnore]
    public int PartyCount => MpcProtocols.PartyCountOf(Protocol, Parties);

    [JsonIgnore]
    public SessionOptions Session => new() { FractionalBits = FractionalBits, Threshold = Threshold, MaxDegreeOfParallelism = Threads };

    /// <summary>Whoever waits for others to make large random weights waits long.</summary>
    [JsonIgnore]
    public TransportOptions TransportOptions => new() { ReceiveTimeout = TimeSpan.FromMinutes(10), Conditions = Network };

    /// <summary>The same with other numbers of runs.</summary>
    public BenchOptions With(int warmUps, int repetitions) => With(warmUps, WarmUpSeconds, repetitions, RepeatSeconds);

    /// <summary>The same with other numbers of runs, and as long a time to warm up and to repeat.</summary>
    public BenchOptions With(int warmUps, double warmUpSeconds, int repetitions, double repeatSeconds) => new()
    {
        Protocol = Protocol,
        Parties = Parties,
        Threshold = Threshold,
        Transport = Transport,
        Dealer = Dealer,
        FractionalBits = FractionalBits,
        Threads = Threads,
        Network = Network,
        Repetitions = repetitions,
        WarmUps = warmUps,
        WarmUpSeconds = warmUpSeconds,
        RepeatSeconds = repeatSeconds,
    };
}

/// <summary>Where the parties run, and what is between them.</summary>
internal enum BenchTransport
{
    /// <summary>All in this process, over memory.</summary>
    Memory,

    /// <summary>All in this process, over TLS on loopback.</summary>
    Tcp,

    /// <summary>Each in a process of its own, over TLS on loopback.</summary>
    Processes,
}

/// <summary>When a protocol's dealer works.</summary>
internal enum DealerTime
{
    /// <summary>Before each repetition, which finds what it needs in memory: what is measured is the online run alone.</summary>
    Ahead,

    /// <summary>Before everything, to files that the parties read as they go, without a dealer.</summary>
    Stored,

    /// <summary>While the parties run.</summary>
    Live,
}
