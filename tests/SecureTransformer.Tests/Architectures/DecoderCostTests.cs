using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>What a new token costs behind a cache.</summary>
public sealed class DecoderCostTests
{
    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Outside_attention_a_token_costs_the_same_whatever_is_in_the_cache(string name)
    {
        OperationCost[] elsewhere = [await CostAsync(name, 5, attention: false), await CostAsync(name, 16, attention: false), await CostAsync(name, 64, attention: false), await CostAsync(name, 100, attention: false)];
        Assert.All(elsewhere, cost => Assert.Equal(elsewhere[0], cost));

        // In attention each more cached token is a column more of each head's scores, and the rounds are those of a deeper tree.
        OperationCost few = await CostAsync(name, 16, attention: true);
        OperationCost many = await CostAsync(name, 100, attention: true);
        Assert.InRange(many.Bytes - few.Bytes, 84L * 8 * 100, 84L * 8 * 400);
        Assert.InRange(many.Rounds - few.Rounds, 1, 2 * 3 * 12);
    }

    [Fact]
    public async Task A_token_costs_what_was_declared()
    {
        const int Cached = 37;
        long declared = (await CostAsync("llama-story", Cached, attention: false)).Bytes + (await CostAsync("llama-story", Cached, attention: true)).Bytes;
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        DecoderArchitecture architecture = DecoderRuns.ArchitectureOf("llama-story");
        Func<WeightSpec, double[]> weights = DecoderRuns.WeightsOf("llama-story");
        long[] sent = await parties.RunAsync(async session =>
        {
            using var model = (DecoderModel)await architecture.BuildAsync(session, (spec, ct) => session.InputAsync(0, spec.Shape, weights(spec), cancellationToken: ct));
            using KeyValueCache cache = model.CreateCache(session);
            await DecoderRuns.LogitsAsync(session, model, cache, [new int[Cached]]);
            using SecretTensor token = await session.InputAsync(0, new TensorShape(1, model.Config.VocabSize), BertRuns.OneHot([7], model.Config.VocabSize), 0);
            long before = session.Meter.Snapshot().BytesSentTotal;
            using SecretTensor logits = await model.ForwardAsync(session, token, cache.Begin([1]));
            return session.Meter.Snapshot().BytesSentTotal - before;
        });
        Assert.Equal(declared, sent.Sum());
    }

    private static async Task<OperationCost> CostAsync(string name, int cached, bool attention)
    {
        await using var session = EstimatingSession.Create(MpcProtocol.Replicated3);
        using var model = (DecoderModel)await DecoderRuns.ArchitectureOf(name).BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Placeholder(spec.Shape)));
        using KeyValueCache cache = model.CreateCache(session);
        OperationCost prompt = await StepAsync(cached);
        OperationCost all = await StepAsync(1);
        return new OperationCost(all.Rounds - prompt.Rounds, all.Bytes - prompt.Bytes);

        async Task<OperationCost> StepAsync(int length)
        {
            await model.ForwardAsync(session, session.Placeholder(new TensorShape(length, model.Config.VocabSize), 0), cache.Begin([length]));
            return session.ByScope.Where(s => s.Key.EndsWith("/attention", StringComparison.Ordinal) == attention).Aggregate(default(OperationCost), (sum, s) => sum + s.Value);
        }
    }
}
