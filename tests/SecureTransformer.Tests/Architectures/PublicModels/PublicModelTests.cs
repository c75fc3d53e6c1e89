using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Every weight is found in files that have the names, types and shapes of public models, at its place.</summary>
public sealed class PublicModelTests
{
    private const string Classifier = "\"architectures\": [\"BertForSequenceClassification\"]";

    [Fact]
    public void Bert_base_uncased_is_read_with_a_head_for_classification()
    {
        using var model = new SparseModel();
        IReadOnlyList<PublicTensor> tensors = PublicModelHeaders.Bert();
        Assert.Equal(206, tensors.Count);
        Assert.Equal(110_106_428, tensors.Sum(t => t.ByteLength) / 4);
        model.WriteConfig(PublicModelHeaders.BertConfigJson.Replace("\"architectures\": [\"BertForMaskedLM\"]", Classifier, StringComparison.Ordinal));
        model.WriteSingle([.. tensors, new PublicTensor("classifier.bias", "F32", 2), new PublicTensor("classifier.weight", "F32", 2, 768)]);

        var config = Assert.IsType<BertConfig>(ModelConfig.FromDirectory(model.Path));
        Assert.Equal((30522, 768, 12, 12, 64, 3072, 512), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads, config.HeadSize,
            config.IntermediateSize, config.MaxPositionEmbeddings));
        ModelArchitecture architecture = RequireAllWeights(model, name => name
            .Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal));
        Assert.Equal(tensors.Count - 7 + 2, architecture.Weights.Count);
    }

    [Fact]
    public void Bert_base_uncased_itself_has_no_head_that_is_supported()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.BertConfigJson);
        Assert.Contains("BertForMaskedLM", Assert.Throws<NotSupportedException>(model.Architecture).Message, StringComparison.Ordinal);

        model.WriteConfig(PublicModelHeaders.BertConfigJson.Replace("\"architectures\": [\"BertForMaskedLM\"]", Classifier, StringComparison.Ordinal));
        model.WriteSingle(PublicModelHeaders.Bert());
        Refused(model, "'classifier.weight' is missing");
    }

    [Fact]
    public void Gpt2_is_read_without_prefix_and_without_its_buffers()
    {
        using var model = new SparseModel();
        IReadOnlyList<PublicTensor> tensors = PublicModelHeaders.Gpt2();
        Assert.Equal(160, tensors.Count);
        Assert.Equal(137_022_720, tensors.Sum(t => t.ByteLength) / 4);
        model.WriteConfig(PublicModelHeaders.Gpt2ConfigJson);
        model.WriteSingle(tensors);

        var config = Assert.IsType<Gpt2Config>(ModelConfig.FromDirectory(model.Path));
        Assert.Equal((50257, 768, 12, 12, 12, 64, 3072, 1024), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads,
            config.NumKeyValueHeads, config.HeadSize, config.IntermediateSize, config.MaxPositionEmbeddings));
        Assert.Equal((true, true, false, 1e-5, Activation.GeluTanh), (config.TieWordEmbeddings, config.ScaleAttention, config.ScaleByInverseLayerIndex,
            config.LayerNormEps, config.HiddenAct));
        Assert.Equal((50256, 50256), (config.BeginTokenId, Assert.Single(config.EndTokenIds)));
        ModelArchitecture architecture = RequireAllWeights(model, name => name["transformer.".Length..]);
        Assert.Equal(tensors.Count - 12, architecture.Weights.Count);
    }

    [Fact]
    public void Gpt2_is_read_with_its_prefix_and_a_stored_head_that_is_tied()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.Gpt2ConfigJson);
        model.WriteSingle(
        [
            new PublicTensor("lm_head.weight", "F32", 50257, 768),
            .. PublicModelHeaders.Gpt2().Select(t => t with { Name = $"transformer.{t.Name}" }),
        ]);
        RequireAllWeights(model, name => name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Llama_is_read_from_one_file_and_from_shards(bool sharded)
    {
        using var model = new SparseModel();
        IReadOnlyList<PublicTensor> tensors = PublicModelHeaders.Llama();
        Assert.Equal(146, tensors.Count);
        Assert.Equal(1_235_814_400, tensors.Sum(t => t.ByteLength) / 2);
        model.WriteConfig(PublicModelHeaders.LlamaConfigJson);
        if (sharded)
        {
            model.WriteShards(tensors, 77);
        }
        else
        {
            model.WriteSingle(tensors);
        }

        var config = Assert.IsType<LlamaConfig>(ModelConfig.FromDirectory(model.Path));
        Assert.Equal((128256, 2048, 16, 32, 8, 64, 8192, 131072), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads,
            config.NumKeyValueHeads, config.HeadSize, config.IntermediateSize, config.MaxPositionEmbeddings));
        Assert.Equal((true, false, false, 1e-5, 500000.0, Activation.Silu), (config.TieWordEmbeddings, config.AttentionBias, config.MlpBias, config.RmsNormEps,
            config.RopeTheta, config.HiddenAct));
        Assert.NotNull(config.RopeScaling);
        Assert.Equal((32, 1, 4, 8192), (config.RopeScaling.Factor, config.RopeScaling.LowFreqFactor, config.RopeScaling.HighFreqFactor,
            config.RopeScaling.OriginalMaxPositionEmbeddings));
        Assert.Equal((128000, 128001), (config.BeginTokenId, Assert.Single(config.EndTokenIds)));
        ModelArchitecture architecture = RequireAllWeights(model, name => name);
        Assert.Equal(tensors.Count, architecture.Weights.Count);
    }

    [Fact]
    public void Llama_is_read_without_its_prefix()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.LlamaConfigJson);
        model.WriteSingle(PublicModelHeaders.Llama().Select(t => t with { Name = t.Name["model.".Length..] }));
        RequireAllWeights(model, name => name["model.".Length..]);
    }

    [Fact]
    public void A_head_that_is_not_tied_must_be_there()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.LlamaConfigJson.Replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", StringComparison.Ordinal));
        IReadOnlyList<PublicTensor> tensors = PublicModelHeaders.Llama();
        model.WriteSingle(tensors);
        Refused(model, "'lm_head.weight' is missing");

        using var whole = new SparseModel();
        whole.WriteConfig(File.ReadAllText(Path.Combine(model.Path, "config.json")));
        whole.WriteSingle([new PublicTensor("lm_head.weight", "BF16", 128256, 2048), .. tensors]);
        Assert.Equal(tensors.Count + 1, RequireAllWeights(whole, name => name).Weights.Count);
    }

    [Fact]
    public void A_missing_weight_of_gpt2_is_named_with_its_file()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.Gpt2ConfigJson);
        model.WriteSingle(PublicModelHeaders.Gpt2().Where(t => t.Name != "h.7.mlp.c_proj.bias"));
        Refused(model, "'h.7.mlp.c_proj.bias' is missing", "Names close to it: h.");
    }

    [Fact]
    public void Weights_of_gpt2_the_wrong_way_round_are_named_with_both_shapes()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.Gpt2ConfigJson);
        model.WriteSingle(PublicModelHeaders.Gpt2().Select(t => t.Name == "h.3.attn.c_attn.weight" ? t with { Shape = [2304, 768] } : t));
        Refused(model, "'h.3.attn.c_attn.weight'", "[2304, 768]", "[768, 2304]");
    }

    [Fact]
    public void A_weight_of_llama_of_another_shape_is_named_with_its_shard()
    {
        using var model = new SparseModel();
        model.WriteConfig(PublicModelHeaders.LlamaConfigJson);
        model.WriteShards([.. PublicModelHeaders.Llama().Select(t => t.Name == "model.layers.9.self_attn.k_proj.weight" ? t with { Shape = [2048, 2048] } : t)], 77);
        Refused(model, "model-00002-of-00002.safetensors", "'model.layers.9.self_attn.k_proj.weight'", "[2048, 2048]", "[512, 2048]");
    }

    /// <summary>Each weight is found under its stored name with the values that stand at its beginning and end, times its scale.</summary>
    private static ModelArchitecture RequireAllWeights(SparseModel model, Func<string, string> stored)
    {
        ModelArchitecture architecture = model.Architecture();
        using ModelWeights weights = model.Open();
        WeightSource.Validate(weights, architecture);
        foreach (WeightSpec weight in architecture.Weights)
        {
            int number = model.NumberOf(stored(weight.Name));
            double[] first = new double[1];
            double[] last = new double[1];
            ValueReader read = WeightSource.Reader(weights, weight);
            read(0, first);
            read(weight.Shape.Count - 1, last);
            double lastScale = weight.ScaledColumns == weight.Shape[-1] ? weight.Scale : 1;
            Assert.Equal([SparseModel.First(number) * weight.Scale], first);
            Assert.Equal([SparseModel.Last(number) * lastScale], last);
        }

        return architecture;
    }

    private static void Refused(SparseModel model, params string[] parts)
    {
        using ModelWeights weights = model.Open();
        ModelArchitecture architecture = model.Architecture();
        string message = Assert.Throws<InvalidDataException>(() => WeightSource.Validate(weights, architecture)).Message;
        Assert.Contains(model.Path, message, StringComparison.Ordinal);
        foreach (string part in parts)
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }
}
