using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>What docs/protocols/sampling.md states for three parties, to the byte and the round, and that dry runs say the same.</summary>
public class ChoiceCostTests
{
    [Theory]
    [InlineData(1, 50_257, 44, 49, 6_358_064L)]
    [InlineData(1, 50_257, 32, 45, 5_367_920L)]
    [InlineData(1, 32_000, 44, 49, 4_610_992L)]
    [InlineData(1, 128_256, 44, 57, 16_259_928L)]
    [InlineData(4, 50_257, 44, 56, 24_591_216L)]
    [InlineData(1, 344, 44, 24, 118_648L)]
    public async Task A_greedy_choice(int rows, int vocabulary, int width, int rounds, long bytes)
    {
        OperationCost cost = await MeasureAsync(rows, vocabulary, async (session, x) => await PrivateChoice.GreedyAsync(session, x, width));
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

    [Theory]
    [InlineData(1, 50_257, 44, 50, 7_564_232L)]
    [InlineData(2, 344, 44, 25, 251_680L)]
    public async Task A_sample_adds_a_shuffled_input_of_noise(int rows, int vocabulary, int width, int rounds, long bytes)
    {
        OperationCost cost = await MeasureAsync(rows, vocabulary, async (session, x) => await PrivateChoice.SampleAsync(session, x, 1, width));
        await using EstimatingSession estimate = EstimatingSession.Create(MpcProtocol.Replicated3);
        SecretTensor input = estimate.Placeholder(new TensorShape(rows, vocabulary));
        await PrivateChoice.GreedyAsync(estimate, input, width);
        OperationCost greedy = estimate.Total;
        await PrivateChoice.SampleAsync(estimate, input, 1, width);
        Assert.Equal(greedy.Bytes + ReplicatedCosts.InputShuffled(rows * vocabulary).Bytes, cost.Bytes);
        Assert.Equal(estimate.Total.Bytes - greedy.Bytes, cost.Bytes);
        Assert.Equal((rounds, bytes), (cost.Rounds, cost.Bytes));
    }

    /// <summary>All parties start at the same logical time. Costs do not depend on values.</summary>
    private static async Task<OperationCost> MeasureAsync(int rows, int vocabulary, Func<MpcSession, SecretTensor, Task> choose)
    {
        const int Start = 1000;
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        (int Clock, long Bytes)[] spent = await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor logits = session.Constant(new TensorShape(rows, vocabulary), 1);
            session.Meter.RecordReceived(Start);
            Assert.Equal(Start, session.Meter.Clock);
            long before = session.Meter.BytesSentTotal;
            await choose(session, logits);
            return (session.Meter.Clock, session.Meter.BytesSentTotal - before);
        });
        return new OperationCost(spent.Max(s => s.Clock) - Start, spent.Sum(s => s.Bytes));
    }
}
