using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Generation;

/// <summary>What docs/protocols/sampling.md states, to the byte and the round, and that dry runs say the same.</summary>
public class ChoiceCostTests
{
    [Theory]
    [InlineData(1, 50_257, 44, 43, 5_739_224L)]
    [InlineData(1, 50_257, 32, 43, 4_914_104L)]
    [InlineData(1, 32_000, 44, 43, 4_117_432L)]
    [InlineData(1, 128_256, 44, 50, 14_683_128L)]
    [InlineData(4, 50_257, 44, 49, 22_278_216L)]
    [InlineData(1, 344, 44, 22, 101_008L)]
    public async Task A_greedy_choice(int rows, int vocabulary, int width, int rounds, long bytes)
    {
        OperationCost cost = await MeasureAsync(MpcProtocol.Replicated3, null, rows, vocabulary, async (session, x) => await PrivateChoice.GreedyAsync(session, x, width));
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
    [InlineData(1, 50_257, 44, 44, 6_945_392L)]
    [InlineData(2, 344, 44, 23, 216_760L)]
    public async Task A_sample_adds_a_shuffled_input_of_noise(int rows, int vocabulary, int width, int rounds, long bytes)
    {
        OperationCost cost = await MeasureAsync(MpcProtocol.Replicated3, null, rows, vocabulary, async (session, x) => await PrivateChoice.SampleAsync(session, x, 1, width));
        await using EstimatingSession estimate = EstimatingSession.Create(MpcProtocol.Replicated3);
        SecretTensor input = estimate.Placeholder(new TensorShape(rows, vocabulary));
        await PrivateChoice.GreedyAsync(estimate, input, width);
        OperationCost greedy = estimate.Total;
        await PrivateChoice.SampleAsync(estimate, input, 1, width);
        Assert.Equal(greedy.Bytes + ReplicatedCosts.InputShuffled(rows * vocabulary).Bytes, cost.Bytes);
        Assert.Equal(estimate.Total.Bytes - greedy.Bytes, cost.Bytes);
        Assert.Equal((rounds, bytes), (cost.Rounds, cost.Bytes));
    }

    [Theory]
    [InlineData(2, 50_257, 48, 3_442_904L, 4_045_756L)]
    [InlineData(3, 50_257, 49, 10_328_712L, 4_447_812L)]
    [InlineData(5, 344, 26, 695_536L, 88_304L)]
    public async Task A_sample_with_additive_sharing(int count, int vocabulary, int rounds, long bytes, long offline)
    {
        OperationCost cost = await MeasureAsync(MpcProtocol.Additive, count, 1, vocabulary, async (session, x) => await PrivateChoice.SampleAsync(session, x, 1));
        await using EstimatingSession estimate = EstimatingSession.Create(MpcProtocol.Additive, parties: count);
        await PrivateChoice.SampleAsync(estimate, estimate.Placeholder(new TensorShape(1, vocabulary)), 1);
        Assert.Equal(new OperationCost(rounds, bytes, offline), new OperationCost(cost.Rounds, cost.Bytes, estimate.Total.OfflineBytes));
        Assert.Equal(estimate.Total.Bytes, cost.Bytes);
        Assert.InRange(cost.Rounds, 1, estimate.Total.Rounds);
    }

    /// <summary>All parties start at the same logical time. Costs do not depend on values.</summary>
    private static async Task<OperationCost> MeasureAsync(MpcProtocol protocol, int? count, int rows, int vocabulary, Func<MpcSession, SecretTensor, Task> choose)
    {
        const int Start = 1000;
        await using LocalParties parties = LocalParties.Create(protocol, parties: count);
        (int Clock, long Bytes)[] spent = await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor logits = session.Constant(new TensorShape(rows, vocabulary), 1);
            session.Meter.RecordReceived(Start);
            Assert.Equal(Start, session.Meter.Clock);
            long before = Online(session.Meter);
            await choose(session, logits);
            return (session.Meter.Clock, Online(session.Meter) - before);
        });
        return new OperationCost(spent.Max(s => s.Clock) - Start, spent.Sum(s => s.Bytes));

        static long Online(TrafficMeter meter) => meter.BytesSentTotal - meter.BytesSent(TrafficPhase.Offline);
    }
}
