using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

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

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    [InlineData(MpcProtocol.Additive, 5)]
    public async Task A_token_costs_what_was_declared(MpcProtocol protocol, int? count = null)
    {
        const int Cached = 37;
        OperationCost declared = await CostAsync("llama-story", Cached, attention: false, protocol, count) + await CostAsync("llama-story", Cached, attention: true, protocol, count);
        await using LocalParties parties = LocalParties.Create(protocol, parties: count);
        DecoderArchitecture architecture = DecoderRuns.ArchitectureOf("llama-story");
        Func<WeightSpec, double[]> weights = DecoderRuns.WeightsOf("llama-story");
        (long Bytes, int Rounds)[] spent = await parties.RunAsync(async session =>
        {
            using var model = (DecoderModel)await architecture.BuildAsync(session, (spec, ct) => session.InputAsync(0, spec.Shape, weights(spec), cancellationToken: ct));
            await session.PrepareMatricesAsync();
            using KeyValueCache cache = model.CreateCache(session);
            await DecoderRuns.LogitsAsync(session, model, cache, [new int[Cached]]);
            using SecretTensor token = await session.InputAsync(0, new TensorShape(1, model.Config.VocabSize), BertRuns.OneHot([7], model.Config.VocabSize), 0);
            TrafficSnapshot before = session.Meter.Snapshot();
            using SecretTensor logits = await model.ForwardAsync(session, token, cache.Begin([1]));
            TrafficSnapshot traffic = session.Meter.Snapshot() - before;
            return (traffic.BytesSentTotal - traffic.BytesSent(TrafficPhase.Offline), traffic.Rounds(TrafficPhase.Online));
        });
        Assert.Equal(declared.Bytes, spent.Sum(s => s.Bytes));
        Assert.InRange(spent.Max(s => s.Rounds), 1, declared.Rounds);
    }

    private static async Task<OperationCost> CostAsync(
        string name, int cached, bool attention, MpcProtocol protocol = MpcProtocol.Replicated3, int? count = null)
    {
        await using var session = EstimatingSession.Create(protocol, parties: count);
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
