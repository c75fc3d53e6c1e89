using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>The small decoders in fixed point and on shares, against float64.</summary>
public sealed class DecoderFixedPointTests
{
    private const double LogitBar = 0.03;
    private const double CacheBar = 0.005;

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint, "gpt2-arith")]
    [InlineData(MpcProtocol.PlaintextFixedPoint, "llama-story")]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    [InlineData(MpcProtocol.Additive, "llama-story", 3)]
    [InlineData(MpcProtocol.Additive, "gpt2-arith", 5)]
    [InlineData(MpcProtocol.Shamir, "gpt2-arith", 4)]
    [InlineData(MpcProtocol.Shamir, "llama-story", 4)]
    public async Task Logits_are_near_float64_in_every_position(MpcProtocol protocol, string name, int? count = null)
    {
        IReadOnlyList<DecoderCase> cases = DecoderCase.Load(name);
        double[] errors = await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            var all = new List<double>();
            foreach (DecoderCase item in cases)
            {
                using KeyValueCache cache = model.CreateCache(session);
                all.Add(BertRuns.LargestDifference(item.Logits, await DecoderRuns.LogitsAsync(session, model, cache, [item.Ids], allRows: true)));
            }

            return all.ToArray();
        }, count);
        Assert.All(cases.Zip(errors), e => Assert.True(e.Second <= LogitBar, $"{e.First.Name}: logits err by {e.Second}."));
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    [InlineData(MpcProtocol.Shamir, "gpt2-arith", 4)]
    [InlineData(MpcProtocol.Shamir, "llama-story", 4)]
    public async Task Greedy_continuations_are_those_of_float64(MpcProtocol protocol, string name, int? count = null)
    {
        IReadOnlyList<GenerationCase> cases = GenerationCase.Load(name);
        int[][] tokens = await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            var all = new List<int[]>();
            foreach (GenerationCase item in cases)
            {
                all.Add(await DecoderRuns.GreedyAsync(session, model, item.Prompt, item.NewIds.Length));
            }

            return all.ToArray();
        }, count);
        foreach ((GenerationCase item, int[] result) in cases.Zip(tokens))
        {
            item.Compare(result);
        }
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    public async Task The_cache_changes_nothing(MpcProtocol protocol, string name)
    {
        int[] ids = DecoderCase.Load(name).MaxBy(c => c.Ids.Length)!.Ids[..24];
        double[] difference = await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            using KeyValueCache whole = model.CreateCache(session);
            double[] wanted = await DecoderRuns.LogitsAsync(session, model, whole, [ids], allRows: true);
            using KeyValueCache grown = model.CreateCache(session);
            var rows = new List<double>();
            foreach (int[] part in (int[][])[ids[..7], ids[7..8], ids[8..9], ids[9..20], .. ids[20..].Select(id => new[] { id })])
            {
                rows.AddRange(await DecoderRuns.LogitsAsync(session, model, grown, [part], allRows: true));
            }

            Assert.Equal(ids.Length, grown.LengthOf(0));
            return (double[])[BertRuns.LargestDifference(wanted, rows)];
        });
        Assert.True(difference[0] <= CacheBar, $"Logits with and without the cache differ by {difference[0]}.");
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    public async Task Prompts_of_different_lengths_run_together_as_they_do_alone(MpcProtocol protocol, string name)
    {
        GenerationCase[] cases = [.. GenerationCase.Load(name)];
        const int Steps = 6;
        double worst = await DecoderRuns.RunAsync(protocol, name, async (session, model) =>
        {
            // The longest rests in every other step, so that lengths change their order.
            using KeyValueCache together = model.CreateCache(session, cases.Length);
            KeyValueCache[] alone = [.. cases.Select(_ => model.CreateCache(session))];
            int[][] next = [.. cases.Select(c => c.Prompt)];
            int vocabulary = model.Config.VocabSize;
            double error = 0;
            for (int step = 0; step < Steps; step++)
            {
                double[] all = await DecoderRuns.LogitsAsync(session, model, together, next);
                int row = 0;
                for (int i = 0; i < cases.Length; i++)
                {
                    if (next[i].Length == 0)
                    {
                        next[i] = [cases[i].NewIds[together.LengthOf(i) - cases[i].Prompt.Length]];
                        continue;
                    }

                    double[] one = await DecoderRuns.LogitsAsync(session, model, alone[i], [next[i]]);
                    double[] mine = all[(row * vocabulary)..((row + 1) * vocabulary)];
                    error = Math.Max(error, BertRuns.LargestDifference(one, mine));
                    int done = together.LengthOf(i) - cases[i].Prompt.Length;
                    if (cases[i].Margins[done] > 0.1)
                    {
                        Assert.Equal(cases[i].NewIds[done], BertRuns.Top(mine));
                    }

                    next[i] = i == 0 && step % 2 == 0 ? [] : [cases[i].NewIds[done]];
                    row++;
                }
            }

            foreach (KeyValueCache cache in alone)
            {
                cache.Dispose();
            }

            return error;
        });
        Assert.True(worst <= CacheBar, $"Logits of prompts together and alone differ by {worst}.");
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task A_cache_can_be_cut_back(MpcProtocol protocol)
    {
        int[] ids = DecoderCase.Load("llama-story").MaxBy(c => c.Ids.Length)!.Ids[..20];
        double difference = await DecoderRuns.RunAsync(protocol, "llama-story", async (session, model) =>
        {
            using KeyValueCache cache = model.CreateCache(session, 2);
            await DecoderRuns.LogitsAsync(session, model, cache, [ids[..9], ids[3..15]]);
            cache.Truncate(0, 5);
            Assert.Equal((5, 12), (cache.LengthOf(0), cache.LengthOf(1)));
            double[] after = await DecoderRuns.LogitsAsync(session, model, cache, [ids[5..12], ids[15..17]]);
            using KeyValueCache fresh = model.CreateCache(session, 2);
            double[] wanted = await DecoderRuns.LogitsAsync(session, model, fresh, [ids[..12], ids[3..17]]);
            cache.Truncate(0, 0);
            cache.Truncate(1, 0);
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(0, 1));
            Assert.Equal(0, cache.LengthOf(0) + cache.LengthOf(1));
            return BertRuns.LargestDifference(wanted, after);
        });
        Assert.True(difference <= CacheBar, $"Logits after a cut differ by {difference}.");
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_with_the_numbers() => await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, "gpt2-arith", async (session, model) =>
    {
        using KeyValueCache cache = model.CreateCache(session);
        Assert.Throws<ArgumentException>(() => cache.Begin([]));
        Assert.Throws<ArgumentException>(() => cache.Begin([0]));
        Assert.Throws<ArgumentException>(() => cache.Begin([1, 1]));
        int[] many = new int[model.Config.MaxPositionEmbeddings + 1];
        ArgumentException past = await Assert.ThrowsAsync<ArgumentException>(() => DecoderRuns.LogitsAsync(session, model, cache, [many]));
        Assert.Contains($"{model.Config.MaxPositionEmbeddings}", past.Message, StringComparison.Ordinal);

        // The pass did not go through the blocks: the cache cannot be used any more.
        Assert.Throws<InvalidOperationException>(() => cache.Begin([1]));
        using KeyValueCache other = model.CreateCache(session);
        SecretTensor wide = session.Constant(new TensorShape(2, model.Config.VocabSize), 0, 0);
        await Assert.ThrowsAsync<ArgumentException>(async () => await model.ForwardAsync(session, wide, other.Begin([3])));
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Begin([1]));
        return true;
    });
}
