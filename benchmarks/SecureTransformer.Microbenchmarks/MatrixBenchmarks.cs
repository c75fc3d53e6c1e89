using BenchmarkDotNet.Attributes;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

public class MatrixBenchmarks
{
    private ulong[] _a = [];
    private ulong[] _b = [];
    private ulong[] _c = [];
    private PackedMatrix? _packed;

    [Params(1, 8, 128, 1024)]
    public int Rows { get; set; }

    [Params(768, 3072)]
    public int Columns { get; set; }

    private static int Inner => 768;

    [GlobalSetup]
    public void Setup()
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        _a = new ulong[Rows * Inner];
        _b = new ulong[Inner * Columns];
        _c = new ulong[Rows * Columns];
        prg.Fill(_a);
        prg.Fill(_b);
        _packed = PackedMatrix.Pack(_b, Inner, Columns, Columns);
    }

    [GlobalCleanup]
    public void Cleanup() => _packed?.Dispose();

    [Benchmark(Baseline = true)]
    public void Packed() => RingMatrix.Multiply(new MatrixView(_a, Rows, Inner), _packed!, _c, Columns);

    [Benchmark]
    public void PackedOnTheWay() => RingMatrix.Multiply(new MatrixView(_a, Rows, Inner), new MatrixView(_b, Inner, Columns), _c, Columns);
}
