using BenchmarkDotNet.Attributes;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

public class AesCtrBenchmarks
{
    private readonly byte[] _key = new byte[AesCtrPrg.KeyByteCount];
    private ulong[] _words = [];

    [Params(2, 64, 4096, 1 << 20)]
    public int Words { get; set; }

    [GlobalSetup]
    public void Setup() => _words = new ulong[Words];

    [Benchmark]
    public void KeyAndFill()
    {
        using AesCtrPrg prg = new(_key, 1);
        prg.Fill(_words);
    }
}
