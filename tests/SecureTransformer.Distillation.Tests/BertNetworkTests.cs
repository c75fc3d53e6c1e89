using System.Text.Json;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

public class BertNetworkTests
{
    [Fact]
    public void The_reference_model_gives_its_golden_logits()
    {
        (BertConfig config, ParameterSet<float> parameters) = ModelFiles.Read(Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage"));
        var network = new BertNetwork<float>(config, parameters);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", "bert-triage", "expected.json")));
        int compared = 0;
        foreach (JsonElement golden in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            int[] Ints(string name) => [.. golden.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
            bool plain = Ints("attention_mask").All(m => m == 1)
                && (!golden.TryGetProperty("token_type_ids", out JsonElement types) || types.EnumerateArray().All(t => t.GetInt32() == 0))
                && !golden.TryGetProperty("position_ids", out _);
            if (!plain)
            {
                continue;
            }

            var tape = new Tape<float>(differentiates: false);
            float[] logits = network.Forward(tape, new TextBatch([Ints("input_ids")], [0])).Logits.Values.ToArray();
            double[] wanted = [.. golden.GetProperty("expected").GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
            for (int i = 0; i < wanted.Length; i++)
            {
                Assert.Equal(wanted[i], logits[i], 1e-3);
            }

            compared++;
        }

        Assert.True(compared >= 3, $"only {compared} cases could be compared");
    }
}
