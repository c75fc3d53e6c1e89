using System.Text.Json;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>The triage model against the golden vectors of a float64 reference.</summary>
public sealed class BertReferenceTests
{
    private static readonly IReadOnlyList<BertCase> s_cases = BertCase.Load("bert-triage");

    [Fact]
    public async Task Float64_agrees_with_the_reference_at_every_step()
    {
        BertResult[] results = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, BertRuns.Triage, BertRuns.TriageWeights(), s_cases, observe: true);
        int details = 0;
        foreach ((BertCase item, BertResult result) in s_cases.Zip(results))
        {
            JsonElement expected = item.Expected;
            IReadOnlyDictionary<string, double[]> seen = result.Seen;
            Compare("logits", Flat(expected.GetProperty("logits")), result.Logits);
            Compare("pooled", Flat(expected.GetProperty("pooled")), seen["pooled"]);
            Compare("embedding_output", Rows(expected.GetProperty("embedding_output"), item.Real), seen["embedding_output"]);
            Compare("layer 0", Rows(expected.GetProperty("layer_outputs")[0], item.Real), seen["encoder.layer.0"]);
            Compare("layer 1", Rows(expected.GetProperty("layer_outputs")[1], [0]), seen["encoder.layer.1"]);
            if (expected.TryGetProperty("layer_detail", out JsonElement layers))
            {
                details++;
                Assert.All(item.Mask, Assert.True);
                for (int i = 0; i < 2; i++)
                {
                    string block = $"encoder.layer.{i}";
                    int[] rows = i == 0 ? item.Real : [0];
                    JsonElement detail = layers[i];
                    Compare("q", [.. Flat(detail.GetProperty("q")).Select(v => v / Math.Sqrt(16))], seen[$"{block}/attention/q"]);
                    Compare("k", Flat(detail.GetProperty("k")), seen[$"{block}/attention/k"]);
                    Compare("v", Flat(detail.GetProperty("v")), seen[$"{block}/attention/v"]);
                    Compare("probabilities", [.. detail.GetProperty("attention_probs").EnumerateArray().SelectMany(head => Rows(head, rows))], seen[$"{block}/attention/probabilities"]);
                    Compare("context", Rows(detail.GetProperty("attention_context"), rows), seen[$"{block}/attention/context"]);
                    Compare("attention_output", Rows(detail.GetProperty("attention_output"), rows), seen[$"{block}/attention_output"]);
                    Compare("preactivation", Rows(detail.GetProperty("mlp_preactivation"), rows), seen[$"{block}/feed-forward/preactivation"]);
                }
            }

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

        Assert.True(details > 0, "No case had details to compare.");
    }

    internal static double[] Flat(JsonElement json) => json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().SelectMany(Flat)] : [json.GetDouble()];

    private static double[] Rows(JsonElement matrix, int[] rows) => [.. rows.SelectMany(r => Flat(matrix[r]))];
}
