using SecureTransformer.Architectures;
using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.ShareFiles;

/// <summary>A decoder read from share files computes what one in memory does.</summary>
public sealed class StreamedDecoderTests
{
    [Theory]
    [InlineData("gpt2-arith", 500, 700)]
    [InlineData("gpt2-arith", 1 << 21, 1 << 23)]
    [InlineData("llama-story", 500, 700)]
    [InlineData("llama-story", 1, 4000)]
    public async Task Logits_are_bit_for_bit_those_of_weights_in_memory(string name, int blockElements, int tableElements)
    {
        double[][] resident = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, name, PassesAsync);
        double[][] streamed = await StreamedRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, name, PassesAsync, blockElements, tableElements, requests: 2);
        Assert.Equal(resident, streamed);
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    public async Task Parties_compute_on_what_they_read(MpcProtocol protocol, string name)
    {
        double[][] expected = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFloat64, name, PassesAsync);
        double[][] actual = await StreamedRuns.RunAsync(protocol, name, PassesAsync, requests: 2);
        foreach ((double[] wanted, double[] got) in expected.Zip(actual))
        {
            Assert.Equal(wanted.Length, got.Length);
            Assert.All(wanted.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 0.03));
        }
    }

    [Fact]
    public async Task A_spoilt_file_ends_the_request_and_names_the_tensor()
    {
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => StreamedRuns.RunAsync(
            MpcProtocol.PlaintextFixedPoint, "gpt2-arith", PassesAsync, prepare: files =>
            {
                using var spoiling = new FileStream(Assert.Single(files), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                spoiling.Position = spoiling.Length - 100;
                spoiling.WriteByte((byte)~spoiling.ReadByte());
            }));
        Assert.Contains("transformer.ln_f", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pass_that_was_given_up_leaves_the_model_to_the_next()
    {
        double[][] expected = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, "llama-story", PassesAsync);
        double[][] actual = await StreamedRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, "llama-story", async (session, model) =>
        {
            using var cancelling = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                using KeyValueCache cache = model.CreateCache(session);
                using SessionScope scope = session.BeginScope();
                SecretTensor token = await session.InputAsync(0, new TensorShape(1, model.Config.VocabSize), BertRuns.OneHot([1], model.Config.VocabSize), 0);
                await model.ForwardAsync(session, token, cache.Begin([1]), async (name, _) =>
                {
                    if (name == "decoder.layer.0")
                    {
                        await cancelling.CancelAsync();
                    }
                }, cancelling.Token);
            });
            return await PassesAsync(session, model);
        });
        Assert.Equal(expected, actual);
    }

    /// <summary>A prompt and two tokens after it.</summary>
    private static async Task<double[][]> PassesAsync(MpcSession session, DecoderModel model)
    {
        using KeyValueCache cache = model.CreateCache(session);
        var passes = new List<double[]>();
        foreach (int[] ids in (int[][])[[1, 5, 9, 2], [7], [3]])
        {
            passes.Add(await DecoderRuns.LogitsAsync(session, model, cache, [ids]));
        }

        return [.. passes];
    }
}
