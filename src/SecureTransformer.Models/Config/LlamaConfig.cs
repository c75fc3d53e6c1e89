using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>The configuration of a Llama decoder with rotary positions (Touvron et al., 2023; Grattafiori et al., 2024).</summary>
public sealed class LlamaConfig : DecoderConfig
{
    private static readonly DecoderKeys Names = new()
    {
        Hidden = "hidden_size",
        Layers = "num_hidden_layers",
        Heads = "num_attention_heads",
        Intermediate = "intermediate_size",
        Positions = "max_position_embeddings",
        Activation = "hidden_act",
    };

    /// <summary>A configuration to be filled in by hand; call <see cref="Validate"/> afterwards.</summary>
    public LlamaConfig() => Source = nameof(LlamaConfig);

    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <summary>The constant added to the mean square in RMSNorm.</summary>
    public required double RmsNormEps { get; init; }

    /// <summary>The base of the rotary frequencies: pair i of a head turns by RopeTheta^(-2i / HeadSize) from one position to the next.</summary>
    public double RopeTheta { get; init; } = RopeReader.DefaultTheta;

    /// <summary>How the rotary frequencies are slowed down for long contexts; null leaves them as they are.</summary>
    public Llama3RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the four projections of attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward layer have biases.</summary>
    public bool MlpBias { get; init; }

    private protected override DecoderKeys Keys => Names;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(HeadSize % 2 == 0, "head_dim", $"is {HeadSize}; rotary positions turn pairs, so it must be even");
        Require(RmsNormEps is > 0 and <= 1, "rms_norm_eps", $"must be above 0 and at most 1, and is {RmsNormEps}");
        Require(RopeTheta >= 1 && double.IsFinite(RopeTheta), "rope_theta", $"must be at least 1, and is {RopeTheta}");
        if (RopeScaling is { } scaling)
        {
            Require(scaling.Factor >= 1 && double.IsFinite(scaling.Factor), "rope_scaling.factor", $"must be at least 1, and is {scaling.Factor}");
            Require(scaling.LowFreqFactor > 0, "rope_scaling.low_freq_factor", $"must be above 0, and is {scaling.LowFreqFactor}");
            Require(
                scaling.HighFreqFactor > scaling.LowFreqFactor && double.IsFinite(scaling.HighFreqFactor),
                "rope_scaling.high_freq_factor",
                $"must be above low_freq_factor ({scaling.LowFreqFactor}), and is {scaling.HighFreqFactor}");
            RequireCount(scaling.OriginalMaxPositionEmbeddings, "rope_scaling.original_max_position_embeddings", ConfigBounds.Positions);
        }
    }

    private protected override void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("vocab_size", VocabSize);
        writer.WriteNumber("hidden_size", HiddenSize);
        writer.WriteNumber("num_hidden_layers", NumHiddenLayers);
        writer.WriteNumber("num_attention_heads", NumAttentionHeads);
        writer.WriteNumber("num_key_value_heads", NumKeyValueHeads);
        writer.WriteNumber("head_dim", HeadSize);
        writer.WriteNumber("intermediate_size", IntermediateSize);
        writer.WriteNumber("max_position_embeddings", MaxPositionEmbeddings);
        writer.WriteString("hidden_act", Activations.NameOf(HiddenAct));
        writer.WriteNumber("rms_norm_eps", RmsNormEps);
        writer.WriteNumber("rope_theta", RopeTheta);
        RopeReader.Write(writer, RopeScaling);
        writer.WriteBoolean("attention_bias", AttentionBias);
        writer.WriteBoolean("mlp_bias", MlpBias);
        writer.WriteBoolean("tie_word_embeddings", TieWordEmbeddings);
        WriteTokens(writer);
    }

    /// <summary>Where a file says nothing, the defaults are those of Hugging Face. <c>pretraining_tp</c> changes the order of the computation only and is not read.</summary>
    internal static LlamaConfig Read(JsonFields json)
    {
        (double theta, Llama3RopeScaling? scaling) = RopeReader.Read(json);
        int hidden = json.RequiredCount("hidden_size", ConfigBounds.Width);
        int heads = json.RequiredCount("num_attention_heads", ConfigBounds.Heads);
        int? headSize = json.Count("head_dim", ConfigBounds.Width);
        if (headSize is null && hidden % heads != 0)
        {
            throw json.Error("hidden_size", $"is {hidden}, which num_attention_heads ({heads}) does not divide, and there is no head_dim");
        }

        AttentionFunctions.RequireSoftmax(json);
        return new LlamaConfig
        {
            Source = json.File,
            Architectures = json.Strings("architectures"),
            VocabSize = json.RequiredCount("vocab_size", ConfigBounds.Vocabulary),
            HiddenSize = hidden,
            NumHiddenLayers = json.RequiredCount("num_hidden_layers", ConfigBounds.Layers),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Count("num_key_value_heads", ConfigBounds.Heads) ?? heads,
            HeadSize = headSize ?? hidden / heads,
            IntermediateSize = json.RequiredCount("intermediate_size", ConfigBounds.Width),
            MaxPositionEmbeddings = json.RequiredCount("max_position_embeddings", ConfigBounds.Positions),
            HiddenAct = Activations.Read(json, "hidden_act"),
            RmsNormEps = json.RequiredNumber("rms_norm_eps"),
            RopeTheta = theta,
            RopeScaling = scaling,
            AttentionBias = json.Boolean("attention_bias") ?? false,
            MlpBias = json.Boolean("mlp_bias") ?? false,
            TieWordEmbeddings = json.Boolean("tie_word_embeddings") ?? false,
            BeginTokenId = json.Index("bos_token_id", ConfigBounds.Vocabulary),
            EndTokenIds = json.IndexOrIndices("eos_token_id", ConfigBounds.Vocabulary, ConfigBounds.EndTokens),
        };
    }
}
