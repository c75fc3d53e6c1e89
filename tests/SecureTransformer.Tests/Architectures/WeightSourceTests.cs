using SecureTransformer.Models;

namespace SecureTransformer.Architectures;

public sealed class WeightSourceTests
{
    private static readonly ModelArchitecture s_architecture = RandomBert.Architecture(layers: 1);

    [Fact]
    public void The_shipped_model_has_all_weights()
    {
        using var weights = ModelWeights.Open(BertRuns.TriageDirectory);
        WeightSource.Validate(weights, BertRuns.Triage);
        Assert.Equal(weights.Names, BertRuns.Triage.Weights.Select(w => w.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Older_names_missing_prefixes_and_stored_buffers_are_accepted(bool older, bool bare)
    {
        var tensors = ModelFiles.All(s_architecture).Select(t => t with { Name = Rename(t.Name) }).ToList();
        tensors.Add((bare ? "embeddings.position_ids" : "bert.embeddings.position_ids", "I64", [1, 19], new float[19]));
        tensors.Reverse();
        using var files = new ModelFiles(tensors);
        using ModelWeights weights = files.Open();
        WeightSource.Validate(weights, s_architecture);
        WeightSpec norm = s_architecture.Weights.First(w => w.Name.EndsWith("LayerNorm.bias", StringComparison.Ordinal));
        double[] values = new double[5];
        WeightSource.Reader(weights, norm)(3, values);
        Assert.Equal([3, 4, 5, 6, 7], values);

        string Rename(string name)
        {
            name = bare && name.StartsWith("bert.", StringComparison.Ordinal) ? name[5..] : name;
            return older ? name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal) : name;
        }
    }

    [Fact]
    public void The_scale_of_attention_is_folded_into_queries_alone()
    {
        using var files = new ModelFiles(ModelFiles.All(s_architecture));
        using ModelWeights weights = files.Open();
        foreach (WeightSpec weight in s_architecture.Weights)
        {
            double scale = weight.Name.Contains(".query.", StringComparison.Ordinal) ? 0.25 : 1;
            double[] values = new double[2];
            WeightSource.Reader(weights, weight)(1, values);
            Assert.Equal([scale, 2 * scale], values);
        }
    }

    [Fact]
    public void A_missing_weight_is_named()
    {
        foreach (WeightSpec missing in s_architecture.Weights)
        {
            using var files = new ModelFiles(ModelFiles.All(s_architecture).Where(t => t.Name != missing.Name));
            using ModelWeights weights = files.Open();
            var error = Assert.Throws<InvalidDataException>(() => WeightSource.Validate(weights, s_architecture));
            Assert.Contains($"'{missing.Name}' is missing", error.Message, StringComparison.Ordinal);
            Assert.Contains(weights.Source, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_wrong_shape_is_named_with_both_shapes()
    {
        var tensors = ModelFiles.All(s_architecture);
        int index = tensors.FindIndex(t => t.Name == "bert.encoder.layer.0.intermediate.dense.weight");
        tensors[index] = tensors[index] with { Shape = [48, 100] };
        using var files = new ModelFiles(tensors);
        using ModelWeights weights = files.Open();
        var error = Assert.Throws<InvalidDataException>(() => WeightSource.Validate(weights, s_architecture));
        Assert.Contains("bert.encoder.layer.0.intermediate.dense.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("[48, 100]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[100, 48]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_of_integers_is_refused()
    {
        var tensors = ModelFiles.All(s_architecture);
        int index = tensors.FindIndex(t => t.Name == "classifier.bias");
        tensors[index] = tensors[index] with { Type = "I64" };
        using var files = new ModelFiles(tensors);
        using ModelWeights weights = files.Open();
        var error = Assert.Throws<InvalidDataException>(() => WeightSource.Validate(weights, s_architecture));
        Assert.Contains("classifier.bias", error.Message, StringComparison.Ordinal);
    }
}
