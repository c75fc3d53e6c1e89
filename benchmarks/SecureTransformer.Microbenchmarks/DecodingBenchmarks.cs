using BenchmarkDotNet.Attributes;
using SecureTransformer.Numerics;
using SecureTransformer.Sharing;

namespace SecureTransformer.Microbenchmarks;

/// <summary>Robust reconstruction of 10,000 values from seven parties with threshold 2: all honest, two that always lie, and one decoding.</summary>
public class DecodingBenchmarks
{
    internal const int Count = 10_000;
    private const int Parties = 7;
    private const int Threshold = 2;
    private readonly RobustReconstruction<Mersenne127> _robust = new([0, 1, 2, 3, 4, 5, 6], Threshold);
    private readonly Mersenne127[] _honest = new Mersenne127[Parties * Count];
    private readonly Mersenne127[] _wrong = new Mersenne127[Parties * Count];
    private readonly Mersenne127[] _values = new Mersenne127[Count];
    private readonly Mersenne127[] _points = ShamirPoints.Of<Mersenne127>([0, 1, 2, 3, 4, 5, 6]);
    private readonly Mersenne127[] _received = new Mersenne127[Parties];

    [GlobalSetup]
    public void Setup()
    {
        ShamirSharing sharing = new(Parties, Threshold);
        using AesCtrPrg prg = new(new byte[16], 1);
        ulong[] secret = new ulong[2 * Count];
        FieldKernels.FillUniform(prg, secret);
        using AesCtrPrg first = new(new byte[16], 2), second = new(new byte[16], 3);
        Mersenne127.Sample(first, _honest.AsSpan(0, Count));
        Mersenne127.Sample(second, _honest.AsSpan(Count, Count));
        first.Position = second.Position = 0;
        ulong[] computed = new ulong[(Parties - Threshold) * secret.Length];
        sharing.Split(secret, [first, second], computed);
        Mersenne127.AsElements(computed.AsSpan()).CopyTo(_honest.AsSpan(Threshold * Count));
        _honest.CopyTo(_wrong, 0);
        Mersenne127.Sample(prg, _wrong.AsSpan(0, 2 * Count));
        for (int i = 0; i < Parties; i++)
        {
            _received[i] = _wrong[i * Count];
        }
    }

    [Benchmark(Baseline = true)]
    public RobustResult Honest() => _robust.Reconstruct(_honest, Count, _values);

    [Benchmark]
    public RobustResult TwoLiars() => _robust.Reconstruct(_wrong, Count, _values);

    [Benchmark]
    public Polynomial<Mersenne127>? Decode() => GaoDecoder.Decode<Mersenne127>(_points, _received, Threshold + 1, 2);
}
