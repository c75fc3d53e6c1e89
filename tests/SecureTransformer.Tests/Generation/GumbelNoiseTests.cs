using SecureTransformer.Numerics;

namespace SecureTransformer.Generation;

/// <summary>Seeded, so that a test that passes once passes always; bounds are chosen for a chance of failing below one in a thousand seeds.</summary>
public class GumbelNoiseTests
{
    private const int Count = 200_001;
    private const double Euler = 0.57721566490153286;
    private const double Variance = Math.PI * Math.PI / 6;

    [Fact]
    public void Noise_is_gumbel()
    {
        double[] noise = Draw(1);
        double mean = noise.Average();
        double variance = noise.Average(v => (v - mean) * (v - mean));
        double skewness = noise.Average(v => Math.Pow((v - mean) / Math.Sqrt(variance), 3));
        Assert.Equal(Euler, mean, 4 * Math.Sqrt(Variance / Count));
        // The fourth standardised moment of a Gumbel variable is 5.4.
        Assert.Equal(Variance, variance, 4 * Variance * Math.Sqrt(4.4 / Count));
        Assert.Equal(1.1395, skewness, 0.05);
        Assert.InRange(KolmogorovSmirnov(noise), 0, 1.95);
        Assert.InRange(KolmogorovSmirnov(Draw(1.1)), 10, 1000);
    }

    [Fact]
    public void Noise_is_scaled_independent_and_bounded()
    {
        double[] once = Draw(1);
        Assert.Equal(once.Select(v => 4 * v), Draw(4));
        Assert.All(once, v => Assert.InRange(v, -3.7, 36.8));
        Assert.InRange(36.75 + 3.61, 0, GumbelNoise.Spread);
        Assert.Equal(Count, once.Distinct().Count());
        double lagged = Enumerable.Range(1, Count - 1).Average(i => (once[i] - Euler) * (once[i - 1] - Euler));
        Assert.Equal(0, lagged, 5 * Variance / Math.Sqrt(Count));
    }

    /// <summary>sqrt(N) times the largest distance to the distribution exp(-exp(-x)).</summary>
    private static double KolmogorovSmirnov(double[] values)
    {
        double[] sorted = [.. values.Order()];
        double worst = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double expected = Math.Exp(-Math.Exp(-sorted[i]));
            worst = Math.Max(worst, Math.Max(expected - ((double)i / sorted.Length), ((i + 1.0) / sorted.Length) - expected));
        }

        return worst * Math.Sqrt(sorted.Length);
    }

    private static double[] Draw(double scale)
    {
        using var random = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], 9200);
        double[] values = new double[Count];
        GumbelNoise.Fill(random, scale, values);
        return values;
    }
}
