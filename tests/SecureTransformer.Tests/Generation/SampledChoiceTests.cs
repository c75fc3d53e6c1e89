using SecureTransformer.Numerics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

public class SampledChoiceTests
{
    /// <summary>Logits of one row and a bound on chi-square with six degrees of freedom that one run in a billion exceeds: the order of the noise is fresh in each.</summary>
    private static readonly double[] s_logits = [1.5, -0.5, 2.25, 0, 2.25, -3, 1];
    private const double Bound = 54;

    public static TheoryData<MpcProtocol, int?, double> Cases
    {
        get
        {
            var cases = new TheoryData<MpcProtocol, int?, double>();
            foreach (double temperature in new[] { 0.5, 1, 2 })
            {
                cases.Add(MpcProtocol.PlaintextFloat64, null, temperature);
                cases.Add(MpcProtocol.PlaintextFixedPoint, null, temperature);
                cases.Add(MpcProtocol.Replicated3, null, temperature);
                cases.Add(MpcProtocol.Additive, 2, temperature);
            }

            cases.Add(MpcProtocol.Additive, 3, 1);

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Tokens_have_the_distribution_of_softmax(MpcProtocol protocol, int? count, double temperature)
    {
        const int Rows = 20_000;
        Assert.InRange(ChiSquare(await SampleAsync(protocol, count, Rows, temperature), temperature, Rows), 0, Bound);
    }

    [Fact]
    public async Task A_wrong_temperature_would_be_seen()
    {
        const int Rows = 20_000;
        Assert.True(ChiSquare(await SampleAsync(MpcProtocol.PlaintextFixedPoint, null, Rows, 1.25), 1, Rows) > 5 * Bound);
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    public async Task Noise_is_fresh_in_every_row_and_call(MpcProtocol protocol, int? count = null)
    {
        const int Rows = 12;
        const int Vocabulary = 1000;
        double[] logits = new double[Rows * Vocabulary];
        int[] first = await Choices.RunAsync(protocol, Rows, Vocabulary, logits, static (s, x) => PrivateChoice.SampleAsync(s, x, 1), count);
        int[] second = await Choices.RunAsync(protocol, Rows, Vocabulary, logits, static (s, x) => PrivateChoice.SampleAsync(s, x, 1), count);
        Assert.True(first.Distinct().Count() >= 8);
        Assert.True(first.Zip(second).Count(p => p.First == p.Second) <= 2);
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    public async Task The_largest_temperature_stays_in_range_and_a_small_one_is_greedy(MpcProtocol protocol, int? count = null)
    {
        double[] logits = [.. Enumerable.Range(0, 40 * 50).Select(i => i * 37 % 101 / 4.0)];
        int[] hot = await Choices.RunAsync(protocol, 40, 50, logits, static (s, x) => PrivateChoice.SampleAsync(s, x, PrivateChoice.MaxTemperature), count);
        Assert.True(hot.Distinct().Count() >= 10);
        Assert.Equal(Choices.ArgMax(50, logits), await Choices.RunAsync(protocol, 40, 50, logits, static (s, x) => PrivateChoice.SampleAsync(s, x, 0.001, width: 30), count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(100.001)]
    [InlineData(double.PositiveInfinity)]
    public async Task Temperatures_out_of_range_are_refused(double temperature)
    {
        ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Choices.RunAsync(
            MpcProtocol.PlaintextFixedPoint, 1, 3, [1, 2, 3], (s, x) => PrivateChoice.SampleAsync(s, x, temperature)));
        Assert.Equal("temperature", error.ParamName);
    }

    [Fact]
    public async Task A_width_without_room_for_the_noise_is_refused()
    {
        foreach ((MpcProtocol protocol, int? count) in new (MpcProtocol, int?)[] { (MpcProtocol.PlaintextFixedPoint, null), (MpcProtocol.Replicated3, null), (MpcProtocol.Additive, 2) })
        {
            // 2^28 units of 2^-18 are 1024.
            ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Choices.RunAsync(
                protocol, 1, 3, [1, 2, 3], static (s, x) => PrivateChoice.SampleAsync(s, x, 25, width: 30), count));
            Assert.Equal("width", error.ParamName);
            await Choices.RunAsync(protocol, 1, 3, [1, 2, 3], static (s, x) => PrivateChoice.SampleAsync(s, x, 24.9, width: 30), count);
        }
    }

    private static Task<int[]> SampleAsync(MpcProtocol protocol, int? count, int rows, double temperature)
    {
        double[] logits = [.. Enumerable.Range(0, rows * s_logits.Length).Select(i => s_logits[i % s_logits.Length])];
        return Choices.RunAsync(protocol, rows, s_logits.Length, logits, async (session, x) =>
        {
            using var random = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], (ulong)(9300 + (10 * temperature)));
            return await PrivateChoice.SampleAsync(session, x, temperature, random, MpcSession.DefaultWidth, default);
        }, count);
    }

    private static double ChiSquare(int[] tokens, double temperature, int rows)
    {
        double[] weights = [.. s_logits.Select(l => Math.Exp(l / temperature))];
        double total = weights.Sum();
        return weights.Select((w, id) => (Expected: rows * w / total, Seen: tokens.Count(t => t == id))).Sum(c => (c.Seen - c.Expected) * (c.Seen - c.Expected) / c.Expected);
    }
}
