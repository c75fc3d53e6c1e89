using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>How a benchmark runs.</summary>
internal sealed class BenchOptions
{
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    /// <summary>The number of parties, where the protocol does not fix it; by default its smallest.</summary>
    public int? Parties { get; init; }

    public bool Tcp { get; init; }

    /// <summary>Whether the dealer works before each measured repetition, so that what is measured is the online run alone; else while it runs.</summary>
    public bool DealerAhead { get; init; } = true;

    public int FractionalBits { get; init; } = 18;

    public int Repetitions { get; init; } = 3;

    public bool WarmUp { get; init; } = true;

    public int PartyCount => MpcProtocols.PartyCountOf(Protocol, Parties);
}
