using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>How a benchmark runs.</summary>
internal sealed class BenchOptions
{
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    /// <summary>The number of parties, where the protocol does not fix it; by default its smallest.</summary>
    public int? Parties { get; init; }

    public bool Tcp { get; init; }

    /// <summary>The emulated network; none by default.</summary>
    public NetworkConditions? Network { get; init; }

    public DealerTime Dealer { get; init; }

    public int FractionalBits { get; init; } = 18;

    public int Repetitions { get; init; } = 3;

    public bool WarmUp { get; init; } = true;

    public int PartyCount => MpcProtocols.PartyCountOf(Protocol, Parties);
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
