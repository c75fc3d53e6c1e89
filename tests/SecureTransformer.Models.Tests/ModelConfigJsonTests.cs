using System.Text;

namespace SecureTransformer.Models.Tests;

public sealed class ModelConfigJsonTests
{
    private static string Directory => Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");

    [Fact]
    public void What_is_written_is_read_back_and_written_alike()
    {
        ModelConfig file = ModelConfig.FromDirectory(Directory);
        byte[] json = file.ToJson();
        var copy = Assert.IsType<BertConfig>(ModelConfig.Parse(json, "the model's owner"));
        Assert.Equal(json, copy.ToJson());
        Assert.Equal("the model's owner", copy.Source);
        Assert.Equal(file.Architectures, copy.Architectures);
        Assert.Equal((184, 64, 2, 4, 256, 64, 2), (copy.VocabSize, copy.HiddenSize, copy.NumHiddenLayers, copy.NumAttentionHeads,
            copy.IntermediateSize, copy.MaxPositionEmbeddings, copy.TypeVocabSize));
        Assert.Equal((1e-12, Activation.GeluErf, 0), (copy.LayerNormEps, copy.HiddenAct, copy.PadTokenId));
        Assert.Equal(["routine", "urgent"], copy.Labels);
    }

    [Fact]
    public void Every_value_and_every_activation_survives()
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            var config = new BertConfig
            {
                VocabSize = 3, HiddenSize = 10, NumHiddenLayers = 5, NumAttentionHeads = 2, IntermediateSize = 11, MaxPositionEmbeddings = 13,
                TypeVocabSize = 4, LayerNormEps = 1.0 / 3, HiddenAct = activation, PadTokenId = 2, Labels = ["a\"b", "\u00e9", "<c>", ""], Architectures = ["x", "y"],
            };
            var copy = (BertConfig)ModelConfig.Parse(config.ToJson(), "bytes");
            Assert.Equal(config.ToJson(), copy.ToJson());
            Assert.Equal(
                (config.LayerNormEps, activation, config.PadTokenId, config.TypeVocabSize, config.HeadSize),
                (copy.LayerNormEps, copy.HiddenAct, copy.PadTokenId, copy.TypeVocabSize, copy.HeadSize));
            Assert.Equal(config.Labels, copy.Labels);
            Assert.Equal(config.Architectures, copy.Architectures);
        }
    }

    [Fact]
    public void The_files_own_text_is_read_as_well() =>
        Assert.Equal(
            ModelConfig.FromDirectory(Directory).ToJson(),
            ModelConfig.Parse(File.ReadAllBytes(Path.Combine(Directory, "config.json")), "bytes").ToJson());

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "model_type")]
    [InlineData("""{"model_type":"t5"}""", "supported are")]
    [InlineData("""{"model_type":"bert","vocab_size":-1}""", "whole number")]
    public void Damage_names_the_source(string json, string part)
    {
        var error = Assert.Throws<InvalidDataException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "party 7"));
        Assert.Contains("party 7", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_long_a_text_is_refused_unread() =>
        Assert.Contains("limit", Assert.Throws<InvalidDataException>(() => ModelConfig.Parse(new byte[16_000_001], "party 7")).Message, StringComparison.Ordinal);
}
