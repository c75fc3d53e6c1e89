using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Attention in runs of rows, caches cut back at once, and prompts embedded in runs: what a decoder computes is the same.</summary>
public sealed class DecoderBlocksTests
{
    public static TheoryData<MpcProtocol, string, double> Protocols => new()
    {
        { MpcProtocol.PlaintextFloat64, "gpt2-arith", 1e-9 },
        { MpcProtocol.PlaintextFloat64, "llama-story", 1e-9 },
        { MpcProtocol.Replicated3, "gpt2-arith", 0.005 },
        { MpcProtocol.Replicated3, "llama-story", 0.005 },
        { MpcProtocol.Additive, "gpt2-arith", 0.005 },
        { MpcProtocol.Additive, "llama-story", 0.005 },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_long_prompt_is_the_same_in_runs(MpcProtocol protocol, string name, double bar)
    {
        int[] ids = Ids(name, 40);
        await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            // Runs of a row or two; of several; unequal ones; and one of all rows.
            foreach (long bound in (long[])[1, 130, 1000, AttentionPlan.MaxScores])
            {
                using KeyValueCache one = model.CreateCache(session);
                using KeyValueCache many = new(session, model.Config.NumHiddenLayers, 1, bound);
                foreach (int[] part in (int[][])[ids[..29], ids[29..30], ids[30..]])
                {
                    double[] wanted = await DecoderRuns.LogitsAsync(session, model, one, [part], allRows: true);
                    double[] actual = await DecoderRuns.LogitsAsync(session, model, many, [part], allRows: true, Bounded(model, bound));
                    double error = BertRuns.LargestDifference(wanted, actual);
                    Assert.True(error <= bar, $"With at most {bound} scores logits differ by {error}.");
                }
            }

            return true;
        });
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Texts_of_very_different_lengths_are_the_same_in_runs(MpcProtocol protocol, string name, double bar)
    {
        int[] ids = Ids(name, 40);
        int[][][] passes =
        [
            [ids[..3], ids[..31], [], ids[5..6], ids[2..9]],
            [[], ids[31..33], ids[..20], [], ids[9..10]],
            [ids[3..4], [], ids[20..21], ids[6..7], []],
        ];
        await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            foreach (bool all in (bool[])[true, false])
            {
                using KeyValueCache one = model.CreateCache(session, 5);
                using KeyValueCache many = new(session, model.Config.NumHiddenLayers, 5, 300);
                foreach (int[][] pass in passes)
                {
                    double[] wanted = await DecoderRuns.LogitsAsync(session, model, one, pass, all);
                    double[] actual = await DecoderRuns.LogitsAsync(session, model, many, pass, all, Bounded(model, 300));
                    double error = BertRuns.LargestDifference(wanted, actual);
                    Assert.True(error <= bar, $"Logits differ by {error}.");
                }
            }

            return true;
        });
    }

    [Fact]
    public async Task Scores_stay_within_the_bound()
    {
        const long Bound = 500;
        int[] ids = Ids("llama-story", 40);
        await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, "llama-story", async (session, model) =>
        {
            using KeyValueCache cache = new(session, model.Config.NumHiddenLayers, 3, Bound);
            int runs = 0;
            long computed = 0;
            await DecoderRuns.LogitsAsync(session, model, cache, [ids[..2], ids[..30], ids[..1]], allRows: true, (name, tensor) =>
            {
                if (name.EndsWith("/probabilities", StringComparison.Ordinal))
                {
                    runs++;
                    computed += tensor.Shape.Count;
                    Assert.True(tensor.Shape.Count <= Bound);
                }

                return ValueTask.CompletedTask;
            });
            long filledUp = 3L * model.Config.NumAttentionHeads * 30 * 30;
            Assert.True(runs > model.Config.NumHiddenLayers);
            Assert.True(computed < model.Config.NumHiddenLayers * filledUp / 4, $"{computed} scores.");
            return true;
        });
    }

    [Fact]
    public async Task Below_the_bound_a_pass_costs_the_same_and_above_it_more_rounds_and_fewer_bytes()
    {
        OperationCost unbounded = await PromptCostAsync(24, long.MaxValue);
        OperationCost exact = await PromptCostAsync(24, HeadsOf("llama-story") * 24L * 24);
        OperationCost cut = await PromptCostAsync(24, (HeadsOf("llama-story") * 24L * 24) - 1);
        OperationCost small = await PromptCostAsync(24, HeadsOf("llama-story") * 60L);
        Assert.Equal(unbounded, exact);
        Assert.Equal(unbounded, await PromptCostAsync(24, AttentionPlan.MaxScores));
        Assert.True(cut.Rounds > exact.Rounds);
        Assert.True(small.Rounds > cut.Rounds && small.Bytes < exact.Bytes);
    }

    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Rows_embedded_in_runs_are_a_prompt(string name)
    {
        int[] ids = Ids(name, 20);
        await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, name, async (session, model) =>
        {
            using KeyValueCache one = model.CreateCache(session);
            using KeyValueCache other = model.CreateCache(session);
            double[] wanted = await DecoderRuns.LogitsAsync(session, model, one, [ids]);
            var parts = new List<SecretTensor>();
            foreach (int[] part in ids.Chunk(7))
            {
                using SecretTensor tokens = await session.InputAsync(0, new TensorShape(part.Length, model.Config.VocabSize), BertRuns.OneHot(part, model.Config.VocabSize), 0);
                parts.Add(await model.EmbedAsync(session, tokens));
                Assert.Equal(new TensorShape(part.Length, model.Config.HiddenSize), parts[^1].Shape);
                await Assert.ThrowsAsync<ArgumentException>(async () => await model.EmbedAsync(session, parts[^1]));
            }

            SecretTensor rows = session.Concatenate(parts, 0);
            SecretTensor logits = await model.ForwardRowsAsync(session, rows, other.Begin([ids.Length]));
            Assert.Equal(wanted, await session.RevealAsync(logits));

            // The rows stay the caller's.
            Assert.Equal(ids.Length * model.Config.HiddenSize, (await session.RevealAsync(rows)).Length);
            await Assert.ThrowsAsync<ArgumentException>(async () => await model.ForwardRowsAsync(session, rows, other.Begin([1])));
            return true;
        });
    }

    [Fact]
    public async Task Cutting_all_sequences_at_once_is_cutting_them_one_by_one()
    {
        int[] ids = Ids("llama-story", 20);
        await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, "llama-story", async (session, model) =>
        {
            KeyValueCache[] caches = [.. Enumerable.Range(0, 2).Select(_ => model.CreateCache(session, 3))];
            foreach (KeyValueCache cache in caches)
            {
                await DecoderRuns.LogitsAsync(session, model, cache, [ids[..9], ids[3..15], ids[..4]]);
                await DecoderRuns.LogitsAsync(session, model, cache, [ids[9..11], [], ids[4..9]]);
            }

            foreach (int[] lengths in (int[][])[[11, 12, 9], [10, 3, 9], [5, 3, 0], [0, 0, 0]])
            {
                caches[0].Truncate(lengths);
                for (int sequence = 0; sequence < 3; sequence++)
                {
                    caches[1].Truncate(sequence, lengths[sequence]);
                }

                Assert.Equal(lengths, Enumerable.Range(0, 3).Select(caches[0].LengthOf));
                double[][] logits = [.. await BothAsync([ids[15..17], [], ids[15..16]])];
                Assert.Equal(logits[0], logits[1]);
                caches[0].Truncate(lengths);
                caches[1].Truncate(lengths);
            }

            Assert.Throws<ArgumentException>(() => caches[0].Truncate([0, 0]));
            Assert.Throws<ArgumentOutOfRangeException>(() => caches[0].Truncate([0, 1, 0]));
            Assert.Throws<ArgumentOutOfRangeException>(() => caches[0].Truncate([0, -1, 0]));
            Assert.Throws<ArgumentOutOfRangeException>(() => caches[0].Truncate(3, 0));
            Array.ForEach(caches, cache => cache.Dispose());
            return true;

            async Task<double[][]> BothAsync(int[][] tokens) =>
                [await DecoderRuns.LogitsAsync(session, model, caches[0], tokens), await DecoderRuns.LogitsAsync(session, model, caches[1], tokens)];
        });
    }

    private static int[] Ids(string name, int count)
    {
        int[] ids = DecoderCase.Load(name).MaxBy(c => c.Ids.Length)!.Ids;
        return [.. Enumerable.Range(0, count).Select(i => ids[i % ids.Length])];
    }

    private static int HeadsOf(string name) => DecoderRuns.ArchitectureOf(name).Config.NumAttentionHeads;

    /// <summary>No tensor of scores passes the bound, but one of a single row of one sequence.</summary>
    private static TensorObserver Bounded(DecoderModel model, long bound) => (name, tensor) =>
    {
        if (name.EndsWith("/probabilities", StringComparison.Ordinal))
        {
            Assert.True(tensor.Shape.Count <= bound || tensor.Shape.Rows == model.Config.NumAttentionHeads, $"{name} has the shape {tensor.Shape}.");
        }

        return ValueTask.CompletedTask;
    };

    private static async Task<OperationCost> PromptCostAsync(int length, long bound)
    {
        await using var session = EstimatingSession.Create(MpcProtocol.Replicated3);
        using var model = (DecoderModel)await DecoderRuns.ArchitectureOf("llama-story").BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Placeholder(spec.Shape)));
        using KeyValueCache cache = new(session, model.Config.NumHiddenLayers, 1, bound);
        OperationCost before = session.Total;
        await model.ForwardAsync(session, session.Placeholder(new TensorShape(length, model.Config.VocabSize), 0), cache.Begin([length]));
        return new OperationCost(session.Total.Rounds - before.Rounds, session.Total.Bytes - before.Bytes);
    }
}
