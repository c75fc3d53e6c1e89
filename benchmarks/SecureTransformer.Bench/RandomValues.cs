using SecureTransformer.Numerics;

namespace SecureTransformer.Bench;

/// <summary>Reproducible values for benchmarks.</summary>
internal sealed class RandomValues : IDisposable
{
    private readonly AesCtrPrg _prg;

    public RandomValues(ulong seed) => _prg = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], seed);

    /// <summary>Uniform in [low, high).</summary>
    public double[] Uniform(int count, double low, double high)
    {
        var words = new ulong[count];
        _prg.Fill(words);
        return [.. words.Select(w => low + ((high - low) * ((w >> 11) * 1.1102230246251565E-16)))];
    }

    /// <summary>Normal with mean 0 (Box and Muller).</summary>
    public double[] Normal(int count, double deviation)
    {
        double[] u = Uniform(count + 1, 0, 1);
        double[] v = Uniform(count + 1, 0, 1);
        return [.. Enumerable.Range(0, count).Select(i => deviation * Math.Sqrt(-2 * Math.Log(1 - u[i])) * Math.Cos(2 * Math.PI * v[i]))];
    }

    public void Dispose() => _prg.Dispose();
}
