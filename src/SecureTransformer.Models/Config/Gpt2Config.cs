using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>The configuration of a GPT-2 decoder with absolute positions (Radford et al., 2019).</summary>
public sealed class Gpt2Config : DecoderConfig
{
    /// <summary>The feed-forward layer is this many times as wide as the model where nothing else is said.</summary>
    private const int DefaultExpansion = 4;

    private const double DefaultEps = 1e-5;

    private static readonly DecoderKeys Names = new()
    {
        Hidden = "n_embd",
        Layers = "n_layer",
        Heads = "n_head",
        Intermediate = "n_inner",
        Positions = "n_positions",
        Activation = "activation_function",
    };

    /// <summary>A configuration to be filled in by hand; call <see cref="Validate"/> afterwards.</summary>
    public Gpt2Config() => Source = nameof(Gpt2Config);

    /// <inheritdoc/>
    public override string ModelType => "gpt2";

    /// <summary>The constant added to the variance in LayerNorm.</summary>
    public double LayerNormEps { get; init; } = DefaultEps;

    /// <summary>Whether attention scores are divided by the square root of <see cref="DecoderConfig.HeadSize"/>.</summary>
    public bool ScaleAttention { get; init; } = true;

    /// <summary>Whether attention scores of block i, counted from 0, are divided by i + 1 as well.</summary>
    public bool ScaleByInverseLayerIndex { get; init; }

    private protected override DecoderKeys Keys => Names;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(HiddenSize % NumAttentionHeads == 0, "n_embd", $"is {HiddenSize}, which n_head ({NumAttentionHeads}) does not divide");
        Require(HeadSize == HiddenSize / NumAttentionHeads, "n_head", $"asks for heads of {HiddenSize / NumAttentionHeads}, and HeadSize is {HeadSize}");
        Require(NumKeyValueHeads == NumAttentionHeads, "n_head", $"is {NumAttentionHeads}, and NumKeyValueHeads is {NumKeyValueHeads}: GPT-2 shares no heads");
        Require(LayerNormEps is > 0 and <= 1, "layer_norm_epsilon", $"must be above 0 and at most 1, and is {LayerNormEps}");
    }

    private protected override void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("vocab_size", VocabSize);
        writer.WriteNumber("n_embd", HiddenSize);
        writer.WriteNumber("n_layer", NumHiddenLayers);
        writer.WriteNumber("n_head", NumAttentionHeads);
        writer.WriteNumber("n_inner", IntermediateSize);
        writer.WriteNumber("n_positions", MaxPositionEmbeddings);
        writer.WriteString("activation_function", Activations.NameOf(HiddenAct));
        writer.WriteNumber("layer_norm_epsilon", LayerNormEps);
        writer.WriteBoolean("scale_attn_weights", ScaleAttention);
        writer.WriteBoolean("scale_attn_by_inverse_layer_idx", ScaleByInverseLayerIndex);
        writer.WriteBoolean("tie_word_embeddings", TieWordEmbeddings);
        WriteTokens(writer);
    }

    /// <summary>Where a file says nothing, the defaults are those of Hugging Face. <c>reorder_and_upcast_attn</c> changes the order of the computation only and is not read.</summary>
    internal static Gpt2Config Read(JsonFields json)
    {
        if (json.Boolean("add_cross_attention") == true)
        {
            throw json.Error("add_cross_attention", "is true; supported are decoders that attend to their own tokens only");
        }

        int hidden = json.RequiredCount("n_embd", ConfigBounds.Width);
        AttentionFunctions.RequireSoftmax(json);
        return new Gpt2Config
        {
            Source = json.File,
            Architectures = json.Strings("architectures"),
            VocabSize = json.RequiredCount("vocab_size", ConfigBounds.Vocabulary),
            HiddenSize = hidden,
            NumHiddenLayers = json.RequiredCount("n_layer", ConfigBounds.Layers),
            NumAttentionHeads = json.RequiredCount("n_head", ConfigBounds.Heads),
            IntermediateSize = json.Count("n_inner", ConfigBounds.Width) ?? DefaultExpansion * hidden,
            MaxPositionEmbeddings = json.Count("n_positions", ConfigBounds.Positions) ?? json.Count("n_ctx", ConfigBounds.Positions) ?? throw json.Missing("n_positions"),
            HiddenAct = json.Has("activation_function") ? Activations.Read(json, "activation_function") : Activation.GeluTanh,
            LayerNormEps = json.Number("layer_norm_epsilon") ?? DefaultEps,
            ScaleAttention = json.Boolean("scale_attn_weights") ?? true,
            ScaleByInverseLayerIndex = json.Boolean("scale_attn_by_inverse_layer_idx") ?? false,
            TieWordEmbeddings = json.Boolean("tie_word_embeddings") ?? true,
            BeginTokenId = json.Index("bos_token_id", ConfigBounds.Vocabulary),
            EndTokenIds = json.IndexOrIndices("eos_token_id", ConfigBounds.Vocabulary, ConfigBounds.EndTokens),
        };
    }
}
