using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>What docs/protocols/sampling.md states for three parties, to the byte and the round, and that dry runs say the same.</summary>
public class ChoiceCostTests
{
    [Theory]
    [InlineData(1, 50_257, 44, 48, 6_358_064L)]
    [InlineData(1, 50_257, 32, 44, 5_367_920L)]
    [InlineData(1, 32_000, 44, 48, 4_610_992L)]
    [InlineData(1, 128_256, 44, 56, 16_259_928L)]
    [InlineData(4, 50_257, 44, 55, 24_591_216L)]
    [InlineData(1, 344, 44, 23, 118_648L)]
    public async Task A_greedy_choice(int rows, int vocabulary, int width, int rounds, long bytes)
    {
        double[] logits = [.. Enumerable.Range(0, rows * vocabulary).Select(i => (i * 7919L % 10_007 / 500.0) - 10)];
        FunctionCost cost = await FunctionCost.MeasureAsync(
            MpcProtocol.Replicated3, new TensorShape(rows, vocabulary), logits, async (session, x) => await PrivateChoice.GreedyAsync(session, x, width));
        await using EstimatingSession estimate = EstimatingSession.Create(MpcProtocol.Replicated3);
        await PrivateChoice.GreedyAsync(estimate, estimate.Placeholder(new TensorShape(rows, vocabulary)), width);
        Assert.Equal(estimate.Total.Bytes, cost.Bytes);
        Assert.InRange(cost.Rounds, 1, estimate.Total.Rounds);
        Assert.Equal((rounds, bytes), (cost.Rounds, cost.Bytes));
        if (rows == 1 && vocabulary == 50_257)
        {
            Assert.InRange(cost.Rounds, 1, 130);
            Assert.InRange(cost.Bytes, 1, 20_000_000);
        }
    }
}
