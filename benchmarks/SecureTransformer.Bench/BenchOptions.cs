using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>How a benchmark runs.</summary>
internal sealed class BenchOptions
{
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    public bool Tcp { get; init; }

    public int FractionalBits { get; init; } = 18;

    public int Repetitions { get; init; } = 3;

    public bool WarmUp { get; init; } = true;
}
