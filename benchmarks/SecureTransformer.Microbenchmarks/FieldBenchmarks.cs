using BenchmarkDotNet.Attributes;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

public class FieldBenchmarks
{
    private static readonly Mersenne127 _scalar = Mersenne127.FromInt64(long.MinValue);
    private ulong[] _x = [];
    private ulong[] _y = [];
    private ulong[] _z = [];

    [Params(1 << 9, 1 << 18)]
    public int Elements { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        _x = new ulong[2 * Elements];
        _y = new ulong[2 * Elements];
        _z = new ulong[2 * Elements];
        FieldKernels.FillUniform(prg, _x);
        FieldKernels.FillUniform(prg, _y);
    }

    [Benchmark]
    public void Add() => FieldKernels.Add(_x, _y, _z);

    [Benchmark]
    public void Multiply() => FieldKernels.Multiply(_x, _y, _z);

    [Benchmark]
    public void MultiplyScalarInto() => FieldKernels.MultiplyScalarInto(_z, _x, _scalar);

    [Benchmark]
    public void DotRows() => FieldKernels.DotRows(_x, _y, 1, Elements, _z.AsSpan(0, 2));
}

public class FieldMatrixBenchmarks
{
    private ulong[] _a = [];
    private ulong[] _b = [];
    private ulong[] _c = [];

    [Params(1, 16, 256)]
    public int Rows { get; set; }

    private static int Inner => 256;

    private static int Columns => 256;

    [GlobalSetup]
    public void Setup()
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        _a = new ulong[2 * Rows * Inner];
        _b = new ulong[2 * Inner * Columns];
        _c = new ulong[2 * Rows * Columns];
        FieldKernels.FillUniform(prg, _a);
        FieldKernels.FillUniform(prg, _b);
    }

    [Benchmark(Baseline = true)]
    public void Multiply() => FieldMatrix.Multiply(new FieldMatrixView(_a, Rows, Inner), new FieldMatrixView(_b, Inner, Columns), _c, Columns);

    [Benchmark]
    public void MultiplyTransposed() => FieldMatrix.Multiply(new FieldMatrixView(_a, Rows, Inner), new FieldMatrixView(_b, Columns, Inner).Transpose(), _c, Columns);
}
