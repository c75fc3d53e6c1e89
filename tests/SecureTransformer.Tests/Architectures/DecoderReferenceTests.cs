using System.Text.Json;
using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>The small decoders against the golden vectors of a float64 reference, at every step of the forward pass.</summary>
public sealed class DecoderReferenceTests
{
    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Float64_agrees_with_the_reference_at_every_step(string name)
    {
        int details = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFloat64, name, async (session, model) =>
        {
            int detailed = 0;
            foreach (DecoderCase item in DecoderCase.Load(name))
            {
                var seen = new Dictionary<string, double[]>();
                using KeyValueCache cache = model.CreateCache(session);
                double[] logits = await DecoderRuns.LogitsAsync(
                    session, model, cache, [item.Ids], allRows: true, async (what, tensor) => seen.Add(what, await session.RevealAsync(tensor)));
                Compare("logits", item.Logits, logits);
                Compare("embedding_output", Rows(item.Expected.GetProperty("embedding_output")), seen["embedding_output"]);
                Compare("final_norm_output", Rows(item.Expected.GetProperty("final_norm_output")), seen["head/final_norm_output"]);
                for (int i = 0; i < model.Config.NumHiddenLayers; i++)
                {
                    string block = $"decoder.layer.{i}";
                    Compare(block, Rows(item.Expected.GetProperty("layer_outputs")[i]), seen[block]);
                    if (item.Expected.TryGetProperty("layer_detail", out JsonElement layers))
                    {
                        detailed++;
                        JsonElement detail = layers[i];
                        double scale = 1 / Math.Sqrt(model.Config.HeadSize);
                        Compare("q", [.. Flat(detail, "q").Select(v => v * scale)], seen[$"{block}/attention/q"]);
                        Compare("k", Flat(detail, "k"), seen[$"{block}/attention/k"]);
                        Compare("v", Flat(detail, "v"), seen[$"{block}/attention/v"]);
                        Compare("probabilities", Flat(detail, "attention_probs"), seen[$"{block}/attention/probabilities"]);
                        Compare("context", Flat(detail, "attention_context"), seen[$"{block}/attention/context"]);
                        Compare("attention_output", Flat(detail, "attention_output"), seen[$"{block}/attention_output"]);
                        Compare("preactivation", Flat(detail, "mlp_preactivation"), seen[$"{block}/feed-forward/preactivation"]);
                    }
                }

                double[] Rows(JsonElement matrix) => [.. item.Rows.SelectMany(r => BertReferenceTests.Flat(matrix[r]))];

                void Compare(string what, double[] wanted, double[] actual)
                {
                    Assert.True(wanted.Length == actual.Length, $"{item.Name}, {what}: {actual.Length} values; the reference has {wanted.Length}.");
                    for (int i = 0; i < wanted.Length; i++)
                    {
                        double error = Math.Abs(wanted[i] - actual[i]) / Math.Max(1, Math.Abs(wanted[i]));
                        if (!(error <= 1e-9))
                        {
                            Assert.Fail($"{item.Name}, {what}: value {i} is {actual[i]}; the reference has {wanted[i]}.");
                        }
                    }
                }
            }

            return detailed;
        });
        Assert.Equal(2, details);
    }

    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Float64_continues_texts_as_the_reference_does(string name)
    {
        IReadOnlyList<GenerationCase> cases = GenerationCase.Load(name);
        int[][] tokens = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFloat64, name, async (session, model) =>
        {
            var all = new List<int[]>();
            foreach (GenerationCase item in cases)
            {
                all.Add(await DecoderRuns.GreedyAsync(session, model, item.Prompt, item.NewIds.Length));
            }

            return all.ToArray();
        });
        foreach ((GenerationCase item, int[] result) in cases.Zip(tokens))
        {
            Assert.Equal(item.NewIds, result);
        }
    }

    [Fact]
    public void Llama_frequencies_are_the_references()
    {
        JsonElement expected = DecoderCase.Load("llama-story").Select(c => c.Expected).First(e => e.TryGetProperty("rope_inv_freq", out _)).GetProperty("rope_inv_freq");
        var architecture = (LlamaArchitecture)DecoderRuns.ArchitectureOf("llama-story");
        Assert.Equal(BertReferenceTests.Flat(expected), architecture.Rotary.InverseFrequencies, (a, b) => Math.Abs(a - b) < 1e-11);
    }

    private static double[] Flat(JsonElement json, string name) => BertReferenceTests.Flat(json.GetProperty(name));
}
