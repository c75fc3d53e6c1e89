using BenchmarkDotNet.Attributes;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

public class ElementwiseBenchmarks
{
    private ulong[] _x = [];
    private ulong[] _y = [];
    private ulong[] _z = [];
    private double[] _d = [];

    [Params(1 << 10, 1 << 20)]
    public int Words { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        _x = new ulong[Words];
        _y = new ulong[Words];
        _z = new ulong[Words];
        prg.Fill(_x);
        prg.Fill(_y);
        _d = Array.ConvertAll(_x, w => (int)w * 1e-6);
    }

    [Benchmark]
    public void Add() => RingKernels.Add(_x, _y, _z);

    [Benchmark]
    public void Multiply() => RingKernels.Multiply(_x, _y, _z);

    [Benchmark]
    public void MultiplyAddInto() => RingKernels.MultiplyAddInto(_z, _x, _y);

    [Benchmark]
    public void ShiftRightArithmetic() => RingKernels.ShiftRightArithmetic(_x, 18, _z);

    [Benchmark]
    public void Encode() => FixedPointFormat.Default.Encode(_d, _z, nameof(_d));
}
