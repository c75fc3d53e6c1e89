using SecureTransformer.Numerics;

namespace SecureTransformer.Generation;

/// <summary>Seeded, so that a test that passes once passes always; bounds are chosen for a chance of failing below one in a thousand seeds.</summary>
public class GumbelPartTests
{
    private const int Count = 200_000;
    private const double Euler = 0.57721566490153286;
    private const double Variance = Math.PI * Math.PI / 6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_sum_of_all_parts_is_gumbel(int parties)
    {
        double[] sum = new double[Count];
        for (int party = 0; party < parties; party++)
        {
            double[] part = Draw(party, parties, 1);
            for (int i = 0; i < Count; i++)
            {
                sum[i] += part[i];
            }
        }

        double mean = sum.Average();
        double variance = sum.Average(v => (v - mean) * (v - mean));
        double skewness = sum.Average(v => Math.Pow((v - mean) / Math.Sqrt(variance), 3));
        Assert.Equal(Euler, mean, 4 * Math.Sqrt(Variance / Count));
        // The fourth standardised moment of a Gumbel variable is 5.4.
        Assert.Equal(Variance, variance, 4 * Variance * Math.Sqrt(4.4 / Count));
        Assert.Equal(1.1395, skewness, 0.05);
        Assert.InRange(KolmogorovSmirnov(sum), 0, 1.95);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Each_part_has_its_share_of_the_variance_and_no_two_are_correlated(int parties)
    {
        double[][] parts = [.. Enumerable.Range(0, parties).Select(party => Draw(party, parties, 1))];
        double[] means = [.. parts.Select(p => p.Average())];
        for (int i = 0; i < parties; i++)
        {
            Assert.Equal(Variance / parties, parts[i].Average(v => (v - means[i]) * (v - means[i])), 0.03 * Variance / parties);
            for (int j = 0; j < i; j++)
            {
                Assert.Equal(0, parts[i].Zip(parts[j]).Average(p => (p.First - means[i]) * (p.Second - means[j])), 5 * Variance / parties / Math.Sqrt(Count));
            }
        }

        // A part alone is not Gumbel, or the tests above would tell nothing.
        Assert.All(parts, part => Assert.InRange(KolmogorovSmirnov(part), 10, 1000));
    }

    [Fact]
    public void The_first_of_two_parts_is_the_logarithm_of_a_stable_variable()
    {
        // E[exp(-t S)] = exp(-t^a), to four standard errors of a mean of numbers between 0 and 1.
        double a = Math.Sqrt(0.5);
        double[] stable = [.. Draw(0, 2, 1).Select(v => Math.Exp(v / a))];
        foreach (double t in new[] { 0.01, 0.1, 0.5, 1, 2, 5 })
        {
            Assert.Equal(Math.Exp(-Math.Pow(t, a)), stable.Average(s => Math.Exp(-t * s)), 4 * 0.5 / Math.Sqrt(Count));
        }
    }

    [Fact]
    public void Parts_are_scaled_finite_and_bounded()
    {
        double[] once = Draw(1, 3, 1);
        Assert.Equal(once.Select(v => 4 * v), Draw(1, 3, 4));
        Assert.All(once, v => Assert.InRange(v, -GumbelPart.Limit, GumbelPart.Limit));
        Assert.True(once.Max() > 3);
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

    private static double[] Draw(int party, int parties, double scale)
    {
        byte[] key = new byte[AesCtrPrg.KeyByteCount];
        (key[0], key[1]) = ((byte)party, (byte)parties);
        using var random = new AesCtrPrg(key, 9200);
        double[] values = new double[Count];
        new GumbelPart(party, parties).Fill(random, scale, values);
        return values;
    }
}
