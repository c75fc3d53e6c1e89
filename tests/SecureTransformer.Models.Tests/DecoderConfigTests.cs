using System.Text;
using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

public sealed class DecoderConfigTests
{
    private const string Gpt2 = """
        {"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"activation_function":"gelu_new","bos_token_id":49,"eos_token_id":48,"layer_norm_epsilon":1e-05,
        "n_ctx":128,"n_embd":64,"n_head":4,"n_layer":2,"n_positions":128,"vocab_size":50}
        """;

    private const string Llama = """
        {"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
        "intermediate_size":176,"max_position_embeddings":128,"rms_norm_eps":1e-05,"hidden_act":"silu","rope_theta":500000.0,"vocab_size":50,
        "bos_token_id":1,"eos_token_id":[2,49]}
        """;

    private const string Scaling = """{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":32,"rope_type":"llama3"}""";

    [Fact]
    public void Gpt2_is_read_with_the_defaults_of_its_family()
    {
        Gpt2Config config = ReadGpt2();
        Assert.Equal("gpt2", config.ModelType);
        Assert.Equal((50, 64, 2, 4, 4, 16, 256, 128), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads,
            config.NumKeyValueHeads, config.HeadSize, config.IntermediateSize, config.MaxPositionEmbeddings));
        Assert.Equal((true, true, false, 1e-5, Activation.GeluTanh), (config.TieWordEmbeddings, config.ScaleAttention, config.ScaleByInverseLayerIndex,
            config.LayerNormEps, config.HiddenAct));
        Assert.Equal(49, config.BeginTokenId);
        Assert.Equal([48], config.EndTokenIds);
        Assert.Equal(["GPT2LMHeadModel"], config.Architectures);
    }

    [Fact]
    public void Gpt2_values_that_are_given_replace_the_defaults()
    {
        Assert.Equal(100, ReadGpt2("n_inner", "100").IntermediateSize);
        Assert.Equal(256, ReadGpt2("n_inner", "null").IntermediateSize);
        Assert.Equal(128, ReadGpt2("n_positions", null).MaxPositionEmbeddings);
        Assert.Equal(99, ReadGpt2("n_positions", "99").MaxPositionEmbeddings);
        Assert.False(ReadGpt2("scale_attn_weights", "false").ScaleAttention);
        Assert.True(ReadGpt2("scale_attn_by_inverse_layer_idx", "true").ScaleByInverseLayerIndex);
        Assert.False(ReadGpt2("tie_word_embeddings", "false").TieWordEmbeddings);
        Assert.Equal(Activation.GeluTanh, ReadGpt2("activation_function", null).HiddenAct);
        Assert.Equal(Activation.Relu, ReadGpt2("activation_function", "\"relu\"").HiddenAct);
        Assert.Equal(0.25, ReadGpt2("layer_norm_epsilon", "0.25").LayerNormEps);
        Assert.Null(ReadGpt2("bos_token_id", "null").BeginTokenId);
        Assert.Empty(ReadGpt2("eos_token_id", null).EndTokenIds);
        Assert.Equal(ReadGpt2().ToJson(), ReadGpt2("reorder_and_upcast_attn", "true").ToJson());
    }

    [Fact]
    public void Llama_is_read_with_the_defaults_of_its_family()
    {
        LlamaConfig config = ReadLlama();
        Assert.Equal("llama", config.ModelType);
        Assert.Equal((50, 64, 2, 4, 2, 16, 176, 128), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads,
            config.NumKeyValueHeads, config.HeadSize, config.IntermediateSize, config.MaxPositionEmbeddings));
        Assert.Equal((false, false, false, 1e-5, 500000.0, Activation.Silu), (config.TieWordEmbeddings, config.AttentionBias, config.MlpBias,
            config.RmsNormEps, config.RopeTheta, config.HiddenAct));
        Assert.Null(config.RopeScaling);
        Assert.Equal(1, config.BeginTokenId);
        Assert.Equal([2, 49], config.EndTokenIds);
    }

    [Fact]
    public void Llama_values_that_are_given_replace_the_defaults()
    {
        Assert.Equal(4, ReadLlama("num_key_value_heads", null).NumKeyValueHeads);
        Assert.Equal(32, ReadLlama("head_dim", "32").HeadSize);
        Assert.Equal(10000, ReadLlama("rope_theta", null).RopeTheta);
        Assert.True(ReadLlama("attention_bias", "true").AttentionBias);
        Assert.True(ReadLlama("mlp_bias", "true").MlpBias);
        Assert.True(ReadLlama("tie_word_embeddings", "true").TieWordEmbeddings);
    }

    [Theory]
    [InlineData("rope_scaling", "null", false, 500000)]
    [InlineData("rope_scaling", """{"rope_type":"default"}""", false, 500000)]
    [InlineData("rope_scaling", Scaling, true, 500000)]
    [InlineData("rope_scaling", """{"factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32,"type":"llama3"}""", true, 500000)]
    [InlineData("rope_parameters", """{"rope_type":"default","rope_theta":777}""", false, 777)]
    [InlineData(
        "rope_parameters",
        """{"factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32,"rope_type":"llama3","rope_theta":888}""", true, 888)]
    public void Rotary_positions_are_read_from_old_and_new_files(string key, string value, bool scaled, double theta)
    {
        LlamaConfig config = ReadLlama(key, value);
        Assert.Equal(theta, config.RopeTheta);
        Assert.Equal(scaled, config.RopeScaling is not null);
        if (config.RopeScaling is { } scaling)
        {
            Assert.Equal((8, 1, 4, 32), (scaling.Factor, scaling.LowFreqFactor, scaling.HighFreqFactor, scaling.OriginalMaxPositionEmbeddings));
        }
    }

    [Theory]
    [InlineData("vocab_size", "0", "whole number from 1")]
    [InlineData("n_embd", null, "is missing")]
    [InlineData("n_embd", "66", "does not divide")]
    [InlineData("n_layer", "2000000000", "whole number from 1")]
    [InlineData("n_head", "0", "whole number from 1")]
    [InlineData("n_inner", "-1", "whole number from 1")]
    [InlineData("n_inner", "1048577", "whole number from 1")]
    [InlineData("n_positions", "1.5", "whole number from 1")]
    [InlineData("activation_function", "\"mish\"", "supported are gelu")]
    [InlineData("softmax_act", "\"2quad\"", "'2quad'; of decoders")]
    [InlineData("layer_norm_epsilon", "0", "above 0")]
    [InlineData("add_cross_attention", "true", "own tokens only")]
    [InlineData("scale_attn_weights", "1", "true or false")]
    [InlineData("bos_token_id", "50", "not below vocab_size")]
    [InlineData("eos_token_id", "50", "not below vocab_size")]
    [InlineData("eos_token_id", "[1,50]", "not below vocab_size")]
    [InlineData("eos_token_id", "[1,-1]", "whole numbers from 0")]
    [InlineData("eos_token_id", "[\"a\"]", "whole numbers from 0")]
    [InlineData("eos_token_id", "-1", "whole number from 0")]
    [InlineData("model_type", "\"gptj\"", "'gptj'; supported are bert, gpt2, llama")]
    public void A_bad_value_of_gpt2_is_refused_with_its_key(string key, string? value, string reason) => Refused(() => ReadGpt2(key, value), key, reason);

    [Theory]
    [InlineData("hidden_size", "66", "does not divide")]
    [InlineData("hidden_size", "2097152", "whole number from 1")]
    [InlineData("num_key_value_heads", "3", "does not divide num_attention_heads (4)")]
    [InlineData("num_key_value_heads", "8", "does not divide num_attention_heads (4)")]
    [InlineData("head_dim", "15", "must be even")]
    [InlineData("head_dim", "1048576", "wider than")]
    [InlineData("intermediate_size", null, "is missing")]
    [InlineData("max_position_embeddings", null, "is missing")]
    [InlineData("rms_norm_eps", "-1", "above 0")]
    [InlineData("rms_norm_eps", null, "is missing")]
    [InlineData("hidden_act", "\"geglu\"", "'geglu'; supported are gelu")]
    [InlineData("softmax_act", "\"2quad\"", "'2quad'; of decoders")]
    [InlineData("rope_theta", "0.5", "at least 1")]
    [InlineData("rope_scaling", """{"rope_type":"yarn","factor":4}""", "'yarn'; supported are null, default and llama3")]
    [InlineData("rope_scaling", """{"type":"linear","factor":4}""", "'linear'; supported are null, default and llama3")]
    [InlineData("rope_scaling", """{"factor":4}""", "is missing")]
    [InlineData("rope_scaling", "8", "must be an object")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32}""", "is missing")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":0.5,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32}""", "at least 1")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":32}""", "above low_freq_factor")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8,"low_freq_factor":0,"high_freq_factor":4,"original_max_position_embeddings":32}""", "above 0")]
    [InlineData("rope_parameters", """{"rope_type":"default","partial_rotary_factor":0.5}""", "supported is 1")]
    [InlineData("eos_token_id", "[2,50]", "not below vocab_size")]
    public void A_bad_value_of_llama_is_refused_with_its_key(string key, string? value, string reason) => Refused(() => ReadLlama(key, value), key, reason);

    [Fact]
    public void Two_contradicting_descriptions_of_rotary_positions_are_refused() =>
        Refused(() => Parse(Llama[..^1] + $",\"rope_scaling\":{Scaling},\"rope_parameters\":{Scaling}}}"), "rope_scaling", "contradicts 'rope_parameters'");

    [Fact]
    public void What_is_written_is_read_back_and_written_alike()
    {
        ModelConfig[] configs =
        [
            ReadGpt2(), ReadGpt2("bos_token_id", null), ReadGpt2("n_inner", "77"), ReadGpt2("scale_attn_by_inverse_layer_idx", "true"),
            ReadLlama(), ReadLlama("rope_scaling", Scaling), ReadLlama("head_dim", "32"), ReadLlama("tie_word_embeddings", "true"), ReadLlama("attention_bias", "true"),
        ];
        foreach (ModelConfig config in configs)
        {
            ModelConfig copy = ModelConfig.Parse(config.ToJson(), "bytes");
            Assert.IsType(config.GetType(), copy);
            Assert.Equal(config.ToJson(), copy.ToJson());
        }

        Assert.Equal(configs.Length, configs.Select(c => Encoding.UTF8.GetString(c.ToJson())).Distinct().Count());
    }

    [Fact]
    public void Every_activation_survives_in_a_configuration_made_by_hand()
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            var config = new LlamaConfig
            {
                VocabSize = 9, HiddenSize = 10, NumHiddenLayers = 5, NumAttentionHeads = 5, IntermediateSize = 11, MaxPositionEmbeddings = 13,
                HiddenAct = activation, TieWordEmbeddings = true, RmsNormEps = 1.0 / 3, RopeTheta = 12345.678, AttentionBias = true, MlpBias = true,
                RopeScaling = new Llama3RopeScaling { Factor = 1.25, LowFreqFactor = 0.1, HighFreqFactor = 7.7, OriginalMaxPositionEmbeddings = 4 },
                BeginTokenId = 3, EndTokenIds = [4, 8, 0],
            };
            config.Validate();
            var copy = (LlamaConfig)ModelConfig.Parse(config.ToJson(), "bytes");
            Assert.Equal(config.ToJson(), copy.ToJson());
            Assert.Equal((activation, 5, 2, 1.0 / 3, 12345.678, true, true, true), (copy.HiddenAct, copy.NumKeyValueHeads, copy.HeadSize, copy.RmsNormEps,
                copy.RopeTheta, copy.TieWordEmbeddings, copy.AttentionBias, copy.MlpBias));
            Assert.Equal((1.25, 0.1, 7.7, 4), (copy.RopeScaling!.Factor, copy.RopeScaling.LowFreqFactor, copy.RopeScaling.HighFreqFactor,
                copy.RopeScaling.OriginalMaxPositionEmbeddings));
            Assert.Equal((int?)3, copy.BeginTokenId);
            Assert.Equal([4, 8, 0], copy.EndTokenIds);
        }
    }

    [Fact]
    public void A_gpt2_configuration_made_by_hand_shares_no_heads()
    {
        var config = new Gpt2Config
        {
            VocabSize = 9, HiddenSize = 8, NumHiddenLayers = 1, NumAttentionHeads = 4, IntermediateSize = 11, MaxPositionEmbeddings = 13,
            HiddenAct = Activation.GeluTanh, TieWordEmbeddings = true, NumKeyValueHeads = 2,
        };
        Assert.Contains("Gpt2Config: 'n_head'", Assert.Throws<InvalidDataException>(config.Validate).Message, StringComparison.Ordinal);
    }

    private static void Refused(Func<ModelConfig> read, string key, string reason)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(read);
        Assert.StartsWith("here: '", e.Message, StringComparison.Ordinal);
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private static Gpt2Config ReadGpt2() => Assert.IsType<Gpt2Config>(Parse(Gpt2));

    private static Gpt2Config ReadGpt2(string key, string? value) => Assert.IsType<Gpt2Config>(Parse(With(Gpt2, key, value)));

    private static LlamaConfig ReadLlama() => Assert.IsType<LlamaConfig>(Parse(Llama));

    private static LlamaConfig ReadLlama(string key, string? value) => Assert.IsType<LlamaConfig>(Parse(With(Llama, key, value)));

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "here");

    private static string With(string source, string key, string? value)
    {
        JsonObject json = JsonNode.Parse(source)!.AsObject();
        json.Remove(key);
        string text = json.ToJsonString();
        return value is null ? text : text[..^1] + $",\"{key}\":{value}}}";
    }
}
