using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

public sealed class ModelConfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_shipped_configuration_is_read()
    {
        var config = Assert.IsType<BertConfig>(ModelConfig.FromDirectory(Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage")));
        Assert.Equal("bert", config.ModelType);
        Assert.Equal(["BertForSequenceClassification"], config.Architectures);
        Assert.Equal((184, 64, 2, 4, 256, 64, 2), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads,
            config.IntermediateSize, config.MaxPositionEmbeddings, config.TypeVocabSize));
        Assert.Equal(16, config.HeadSize);
        Assert.Equal(1e-12, config.LayerNormEps);
        Assert.Equal(Activation.GeluErf, config.HiddenAct);
        Assert.Equal(0, config.PadTokenId);
        Assert.Equal(["routine", "urgent"], config.Labels);
        Assert.Equal(2, config.NumLabels);
    }

    [Theory]
    [InlineData("gelu", Activation.GeluErf)]
    [InlineData("gelu_new", Activation.GeluTanh)]
    [InlineData("gelu_pytorch_tanh", Activation.GeluTanh)]
    [InlineData("relu", Activation.Relu)]
    [InlineData("silu", Activation.Silu)]
    [InlineData("swish", Activation.Silu)]
    [InlineData("tanh", Activation.Tanh)]
    [InlineData("quad", Activation.Quad)]
    public void Activations_are_known_by_their_names(string name, Activation expected) =>
        Assert.Equal(expected, Read("hidden_act", $"\"{name}\"").HiddenAct);

    [Theory]
    [InlineData("vocab_size", "0", "whole number from 1")]
    [InlineData("vocab_size", "-5", "whole number from 1")]
    [InlineData("vocab_size", "1.5", "whole number from 1")]
    [InlineData("vocab_size", "\"184\"", "whole number from 1")]
    [InlineData("vocab_size", "99999999999", "whole number from 1")]
    [InlineData("vocab_size", null, "is missing")]
    [InlineData("vocab_size", "null", "is missing")]
    [InlineData("hidden_size", "65", "does not divide")]
    [InlineData("hidden_size", "1073741824", "whole number from 1")]
    [InlineData("num_hidden_layers", "2000000000", "whole number from 1")]
    [InlineData("num_attention_heads", "[4]", "whole number from 1")]
    [InlineData("intermediate_size", null, "is missing")]
    [InlineData("max_position_embeddings", "0", "whole number from 1")]
    [InlineData("type_vocab_size", "0", "whole number from 1")]
    [InlineData("layer_norm_eps", "0", "above 0")]
    [InlineData("layer_norm_eps", "-1e-12", "above 0")]
    [InlineData("layer_norm_eps", "1e400", "finite")]
    [InlineData("layer_norm_eps", "\"x\"", "finite")]
    [InlineData("hidden_act", "\"mish\"", "supported are gelu")]
    [InlineData("hidden_act", null, "is missing")]
    [InlineData("position_embedding_type", "\"relative_key\"", "supported is absolute")]
    [InlineData("is_decoder", "true", "only encoders")]
    [InlineData("pad_token_id", "184", "not below vocab_size")]
    [InlineData("pad_token_id", "-1", "whole number from 0")]
    [InlineData("num_labels", "3", "has 2 labels")]
    [InlineData("id2label", "{}", "has 0 labels")]
    [InlineData("id2label", """{"0":"a","2":"b"}""", "must be 0 to 1")]
    [InlineData("id2label", """{"0":"a","00":"b"}""", "must be 0 to 1")]
    [InlineData("id2label", """{"0":"a","1":2}""", "must be a string")]
    [InlineData("model_type", "\"roberta\"", "supported are bert, gpt2, llama")]
    [InlineData("model_type", null, "is missing")]
    [InlineData("architectures", "[1]", "must hold strings")]
    public void A_bad_value_is_refused_with_file_and_key(string key, string? value, string reason)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Read(key, value));
        Assert.Contains(Path.Combine(_directory.Path, "config.json"), e.Message, StringComparison.Ordinal);
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_are_ordered_by_number_and_have_default_names()
    {
        Assert.Equal(["a", "b", "c"], Read("id2label", """{"2":"c","0":"a","1":"b"}""").Labels);
        Assert.Equal(["LABEL_0", "LABEL_1"], Read("id2label", null).Labels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"model_type":"bert","model_type":"bert"}""")]
    [InlineData("""{"model_type":"\ud800"}""")]
    public void A_damaged_file_is_refused(string text)
    {
        string path = _directory.Write("config.json", text);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ModelConfig.FromFile(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_made_by_hand_is_validated()
    {
        var config = new BertConfig
        {
            VocabSize = 10, HiddenSize = 8, NumHiddenLayers = 1, NumAttentionHeads = 3, IntermediateSize = 16, MaxPositionEmbeddings = 8,
        };
        Assert.Contains("BertConfig: 'hidden_size'", Assert.Throws<InvalidDataException>(config.Validate).Message, StringComparison.Ordinal);
    }

    private BertConfig Read(string key, string? value)
    {
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage", "config.json"));
        JsonObject json = JsonNode.Parse(source)!.AsObject();
        json.Remove(key);
        string text = json.ToJsonString();
        if (value is not null)
        {
            text = text[..^1] + $",\"{key}\":{value}}}";
        }

        return Assert.IsType<BertConfig>(ModelConfig.FromFile(_directory.Write("config.json", text)));
    }
}
