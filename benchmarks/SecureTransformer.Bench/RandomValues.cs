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
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = low + ((high - low) * Unit(words[i]));
        }

        return values;
    }

    /// <summary>Normal with mean 0 (Box and Muller).</summary>
    public double[] Normal(int count, double deviation)
    {
        var values = new double[count];
        Normal(values, deviation);
        return values;
    }

    /// <summary>Leaves an even number of normal values out.</summary>
    public void Skip(int count) => _prg.SkipBlocks((ulong)count / 2);

    /// <summary>Normal with mean 0 (Box and Muller).</summary>
    public void Normal(Span<double> values, double deviation)
    {
        int count = values.Length;
        var words = new ulong[count + (count & 1)];
        _prg.Fill(words);
        for (int i = 0; i < count; i += 2)
        {
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - Unit(words[i])));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * Unit(words[i + 1]));
            values[i] = radius * cos;
            if (i + 1 < count)
            {
                values[i + 1] = radius * sin;
            }
        }
    }

    private static double Unit(ulong word) => (word >> 11) * 1.1102230246251565E-16;

    public void Dispose() => _prg.Dispose();
}
