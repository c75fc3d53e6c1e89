using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <summary>Trigonometric sums, exponentials and sums of selections against float64, on every protocol that has them.</summary>
public class AddendTests
{
    public static TheoryData<int, int> FractionalBits => new() { { 8, 1 }, { 12, 2 }, { 18, 0 }, { 18, 1 }, { 18, 2 }, { 22, 1 }, { 22, 2 }, { 24, 1 }, { 24, 2 } };

    [Theory]
    [MemberData(nameof(FractionalBits))]
    public async Task An_exponential_errs_by_less_than_two_units_and_is_zero_where_the_bit_is(int fractionalBits, int owner)
    {
        double unit = Math.ScaleB(1, -fractionalBits);
        double[] x = [0, unit, -unit, 0.69, -1, -1 + unit, -1 - unit, -2, -14, -27.9, -28, .. Uniform(20_000, -28, 0.69)];
        x = [.. x.Select(v => Math.Round(v / unit) * unit)];

        // Any ring element where the bit is not set.
        double[] other = [1e5, -1e5, 1, -31, 100 - unit, .. Uniform(500, -1e5, 1e5)];
        double[] actual = await EvaluateAsync(fractionalBits, owner, [.. x, .. other], async (session, input) =>
        {
            SecretTensor marks = await session.InputAsync(1, input.Shape, (double[])[.. x.Select(_ => -1.0), .. other.Select(_ => 1.0)]);
            return await session.ExponentialAsync(input, await session.LessThanZeroAsync(marks));
        });
        for (int i = 0; i < x.Length; i++)
        {
            if (!(Math.Abs(actual[i] - Math.Exp(x[i])) < 2 * unit))
            {
                Assert.Fail($"exp({x[i]:R}) = {actual[i]:R}, {(actual[i] - Math.Exp(x[i])) / unit:F2} units off");
            }
        }

        Assert.All(actual[x.Length..], value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(FractionalBits))]
    public async Task A_trigonometric_sum_is_right_in_its_window(int fractionalBits, int owner)
    {
        HarmonicSum[] sums =
        [
            new(3, 0.25, 0.5, 4, [-0.5, 0.25, -0.125, 0.0625, 0.03]),
            new(4, 0, 0, null, [0, 0, 0], [1, -0.5, 0.25]),
            new(0, -1, -1.5, 0, [1]),
            new(7, 0, 0.03125, 8, [.. Enumerable.Range(1, 32).Select(k => 1.0 / k / k)], [.. Enumerable.Range(1, 32).Select(k => -0.5 / k / k)]),
        ];
        double unit = Math.ScaleB(1, -fractionalBits);
        foreach (HarmonicSum sum in sums)
        {
            double half = Math.ScaleB(0.5, sum.PeriodBits);
            double[] x = [-half, half - unit, 0, unit, -unit, half / 2, -half / 2, .. Uniform(1_001, -half, half)];
            x = [.. x.Select(v => Math.Round(v / unit) * unit)];
            double[] actual = await EvaluateAsync(fractionalBits, owner, x, (session, input) => session.HarmonicSumAsync(sum, input));
            for (int i = 0; i < x.Length; i++)
            {
                // One unit of the truncation, and of each word half a unit in its last place, which stands at half of the sum's fractional bits.
                int bits = Math.Max(36, (2 * fractionalBits) + (sum.SquareShift ?? 0)) / 2;
                double bound = unit + Math.ScaleB(2 * sum.Harmonics, -bits);
                if (!(Math.Abs(actual[i] - sum.Evaluate(x[i])) < bound))
                {
                    Assert.Fail($"{sum.Harmonics} harmonics at {x[i]:R}: {actual[i]:R} for {sum.Evaluate(x[i]):R}");
                }
            }
        }
    }

    [Fact]
    public async Task Anything_goes_outside_the_window_and_a_bit_makes_it_zero()
    {
        var sum = new HarmonicSum(3, 0.25, 0.5, 4, [-0.5, 0.25]);
        double[] x = [4, -4.5, 100, -1e6, 1e7, 33e6];
        double[] actual = await EvaluateAsync(18, 2, x, async (session, input) =>
        {
            SecretBits none = await session.LessThanZeroAsync(session.Constant(input.Shape, 1));
            return await session.MultiplyBitAsync(none, await session.HarmonicSumAsync(sum, input));
        });
        Assert.All(actual, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.Additive)]
    public async Task A_sum_of_selections_is_exact(MpcProtocol protocol)
    {
        double[] x = [.. Enumerable.Range(0, 3_000).Select(i => (i - 1500) / 8.0)];
        double[] y = [.. x.Select(v => (v * 1000) + 0.5)];
        await using LocalParties parties = LocalParties.Create(protocol);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor a = await session.InputAsync(0, new TensorShape(x.Length), x);
            SecretTensor b = await session.InputAsync(0, new TensorShape(y.Length), y);
            SecretBits low = await session.LessThanZeroAsync(session.AddPublic(a, 100));
            SecretBits high = session.Not(await session.LessThanZeroAsync(session.AddPublic(a, -50)));
            SecretBits negative = await session.LessThanZeroAsync(a);
            return await session.RevealAsync(await session.SumOfSelectedAsync([new(low, a), new(high, b), new(negative, b)]));
        });
        double[] expected = [.. x.Zip(y, (a, b) => (a < -100 ? a : 0) + (a >= 50 ? b : 0) + (a < 0 ? b : 0))];
        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, 0, 0.501, null, [1]));
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, double.NaN, 0, null, [1]));
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, 0, 0, null, [double.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, 0, 0, null, [1], [8]));
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, 0, 0, null, []));
        Assert.Throws<ArgumentException>(() => new HarmonicSum(3, 0, 0, null, [1], [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HarmonicSum(8, 0, 0, null, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HarmonicSum(3, 0, 0, 9, [1]));
        var sum = new HarmonicSum(3, 0, 0, 4, [1]);
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        await parties.RunAsync(async session =>
        {
            using SecretTensor coarse = session.Constant(new TensorShape(2), 1, 7);
            using SecretTensor fine = session.Constant(new TensorShape(2), 1, 28);
            using SecretTensor x = session.Constant(new TensorShape(2), 1);
            using SecretBits bits = await session.LessThanZeroAsync(session.Constant(new TensorShape(3), 1));
            await Assert.ThrowsAsync<ArgumentException>(() => session.HarmonicSumAsync(sum, coarse).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => session.HarmonicSumAsync(sum, fine).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => session.ExponentialAsync(x, bits).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => session.SumOfSelectedAsync([]).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => session.SumOfSelectedAsync([new(bits, x)]).AsTask());
            return true;
        });
        await using LocalParties without = LocalParties.Create(MpcProtocol.Additive);
        await without.RunAsync(async session =>
        {
            using SecretTensor x = session.Constant(new TensorShape(2), 1);
            Assert.False(session.HasAdditionTheorems);
            await Assert.ThrowsAsync<NotSupportedException>(() => session.HarmonicSumAsync(sum, x).AsTask());
            return true;
        });
    }

    /// <summary>Two parties compute the same words of the same summand: on every processor, and in every build that calls itself compatible.</summary>
    [Fact]
    public void The_kernels_compute_the_same_words_everywhere()
    {
        Type kernels = typeof(ReplicatedSession).Assembly.GetType("SecureTransformer.Protocols.Replicated.AddendKernels", throwOnError: true)!;
        Assert.Equal("d67c7375f0be641e", kernels.GetProperty("Digest")!.GetValue(null));
    }

    /// <summary>Of the owners, 0 leaves parties 1 and 2 without a summand, with 1 and 2 both summands are random.</summary>
    private static async Task<double[]> EvaluateAsync(int fractionalBits, int owner, double[] x, Func<MpcSession, SecretTensor, ValueTask<SecretTensor>> program)
    {
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3, new SessionOptions { FractionalBits = fractionalBits });
        double[][] results = await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope();
            return await session.RevealAsync(await program(session, await session.InputAsync(owner, new TensorShape(x.Length), x)));
        });
        Assert.All(results, r => Assert.Equal(results[0], r));
        return results[0];
    }

    private static double[] Uniform(int count, double low, double high)
    {
        using var prg = new AesCtrPrg(new byte[16], 7);
        var words = new ulong[count];
        prg.Fill(words);
        return [.. words.Select(w => low + ((high - low) * (w >> 11) / (1L << 53)))];
    }
}
