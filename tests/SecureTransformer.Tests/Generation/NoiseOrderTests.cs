using SecureTransformer.Numerics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>What party 0, which draws the noise, knows of the tokens: orders are fresh in each run, and bounds are six standard deviations.</summary>
public class NoiseOrderTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    public async Task Party_0_does_not_find_the_token_in_its_noise(MpcProtocol protocol, int? count = null)
    {
        const int Rows = 6000;
        const int Vocabulary = 64;
        (int[] tokens, double[][] noise) = await SampleAsync(protocol, count, Rows, new double[Vocabulary]);
        double expected = (double)Rows / Vocabulary;
        int guessed = tokens.Where((token, row) => token == Array.IndexOf(noise[row], noise[row].Max())).Count();
        Assert.InRange(guessed, expected - (6 * Math.Sqrt(expected)), expected + (6 * Math.Sqrt(expected)));

        // A Gumbel variable has the mean 0.577 and the variance 1.645; the largest of 64 has the mean 4.74.
        double mean = tokens.Select((token, row) => noise[row][token]).Average();
        Assert.Equal(0.5772, mean, 6 * Math.Sqrt(1.645 / Rows));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    public async Task Of_two_tokens_it_knows_whether_noise_can_have_mattered_and_no_more(MpcProtocol protocol, int? count = null)
    {
        const int Rows = 8000;
        const double Margin = 1;
        (int[] tokens, double[][] noise) = await SampleAsync(protocol, count, Rows, [Margin, 0]);
        int[] open = [.. Enumerable.Range(0, Rows).Where(row => Math.Abs(noise[row][0] - noise[row][1]) > Margin + 1e-4)];
        Assert.All(Enumerable.Range(0, Rows).Where(row => Math.Abs(noise[row][0] - noise[row][1]) < Margin - 1e-4), row => Assert.Equal(0, tokens[row]));

        // The others, 2 / (1 + e) of all, are even, whichever of party 0's values is the larger.
        Assert.InRange(open.Length, 4000, 4600);
        foreach (int place in new[] { 0, 1 })
        {
            int[] part = [.. open.Where(row => (noise[row][1] > noise[row][0] ? 1 : 0) == place)];
            Assert.Equal(0.5, part.Average(row => (double)tokens[row]), 3 / Math.Sqrt(part.Length));
        }
    }

    /// <summary>Tokens of rows that are all alike, and party 0's noise in the order in which it drew it.</summary>
    private static async Task<(int[] Tokens, double[][] Noise)> SampleAsync(MpcProtocol protocol, int? count, int rows, double[] logits)
    {
        byte[] key = new byte[AesCtrPrg.KeyByteCount];
        key[0] = (byte)logits.Length;
        double[] noise = new double[rows * logits.Length];
        using (var random = new AesCtrPrg(key, 9500))
        {
            GumbelNoise.Fill(random, 1, noise);
        }

        double[] all = [.. Enumerable.Repeat(logits, rows).SelectMany(static row => row)];
        int[] tokens = await Choices.RunAsync(protocol, rows, logits.Length, all, async (session, x) =>
        {
            using var random = new AesCtrPrg(key, 9500);
            return await PrivateChoice.SampleAsync(session, x, 1, random, MpcSession.DefaultWidth, default);
        }, count);
        return (tokens, [.. noise.Chunk(logits.Length)]);
    }
}
