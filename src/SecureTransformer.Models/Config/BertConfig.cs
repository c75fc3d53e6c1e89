using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>The configuration of a BERT encoder with absolute positions (Devlin et al., 2019), with or without a classification head.</summary>
public sealed class BertConfig : ModelConfig
{
    /// <summary>A configuration to be filled in by hand; call <see cref="Validate"/> afterwards.</summary>
    public BertConfig() => Source = nameof(BertConfig);

    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <summary>Rows of the word embedding.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>Number of attention heads; divides <see cref="HiddenSize"/>.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Width within the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the position embedding: the longest input, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Rows of the token type embedding.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>The constant added to the variance in LayerNorm.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>The function of the feed-forward layer.</summary>
    public Activation HiddenAct { get; init; } = Activation.GeluErf;

    /// <summary>What makes probabilities of attention scores.</summary>
    public AttentionFunction SoftmaxAct { get; init; }

    /// <summary>The token that fills up shorter inputs.</summary>
    public int PadTokenId { get; init; }

    /// <summary>The names of the classes, by class number.</summary>
    public IReadOnlyList<string> Labels { get; init; } = ["LABEL_0", "LABEL_1"];

    /// <summary>The number of classes.</summary>
    public int NumLabels => Labels.Count;

    /// <summary>Width of one attention head.</summary>
    public int HeadSize => HiddenSize / NumAttentionHeads;

    /// <summary>The same configuration with other functions.</summary>
    /// <param name="hiddenAct">The function of the feed-forward layers.</param>
    /// <param name="softmaxAct">What makes probabilities of attention scores.</param>
    /// <returns>A configuration of the same shapes.</returns>
    public BertConfig WithFunctions(Activation hiddenAct, AttentionFunction softmaxAct) => new()
    {
        Source = Source,
        Architectures = Architectures,
        VocabSize = VocabSize,
        HiddenSize = HiddenSize,
        NumHiddenLayers = NumHiddenLayers,
        NumAttentionHeads = NumAttentionHeads,
        IntermediateSize = IntermediateSize,
        MaxPositionEmbeddings = MaxPositionEmbeddings,
        TypeVocabSize = TypeVocabSize,
        LayerNormEps = LayerNormEps,
        HiddenAct = hiddenAct,
        SoftmaxAct = softmaxAct,
        PadTokenId = PadTokenId,
        Labels = Labels,
    };

    /// <inheritdoc/>
    public override void Validate()
    {
        RequireCount(VocabSize, "vocab_size", ConfigBounds.Vocabulary);
        RequireCount(HiddenSize, "hidden_size", ConfigBounds.Width);
        RequireCount(NumHiddenLayers, "num_hidden_layers", ConfigBounds.Layers);
        RequireCount(NumAttentionHeads, "num_attention_heads", ConfigBounds.Heads);
        RequireCount(IntermediateSize, "intermediate_size", ConfigBounds.Width);
        RequireCount(MaxPositionEmbeddings, "max_position_embeddings", ConfigBounds.Positions);
        RequireCount(TypeVocabSize, "type_vocab_size", ConfigBounds.TokenTypes);
        Require(HiddenSize % NumAttentionHeads == 0, "hidden_size", $"is {HiddenSize}, which num_attention_heads ({NumAttentionHeads}) does not divide");
        Require(LayerNormEps is > 0 and <= 1, "layer_norm_eps", $"must be above 0 and at most 1, and is {LayerNormEps}");
        Require(Enum.IsDefined(HiddenAct), "hidden_act", $"has the undefined value {(int)HiddenAct}");
        Require(Enum.IsDefined(SoftmaxAct), "softmax_act", $"has the undefined value {(int)SoftmaxAct}");
        Require(PadTokenId >= 0 && PadTokenId < VocabSize, "pad_token_id", $"is {PadTokenId}, which is not below vocab_size ({VocabSize})");
        Require(Labels is { Count: >= 1 and <= ConfigBounds.Labels }, "id2label", $"must have 1 to {ConfigBounds.Labels} labels");
    }

    private protected override void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("vocab_size", VocabSize);
        writer.WriteNumber("hidden_size", HiddenSize);
        writer.WriteNumber("num_hidden_layers", NumHiddenLayers);
        writer.WriteNumber("num_attention_heads", NumAttentionHeads);
        writer.WriteNumber("intermediate_size", IntermediateSize);
        writer.WriteNumber("max_position_embeddings", MaxPositionEmbeddings);
        writer.WriteNumber("type_vocab_size", TypeVocabSize);
        writer.WriteNumber("layer_norm_eps", LayerNormEps);
        writer.WriteString("hidden_act", Activations.NameOf(HiddenAct));
        writer.WriteString("softmax_act", AttentionFunctions.NameOf(SoftmaxAct));
        writer.WriteNumber("pad_token_id", PadTokenId);
        LabelReader.Write(writer, Labels);
    }

    internal static BertConfig Read(JsonFields json)
    {
        if (json.String("position_embedding_type") is { } positions && positions != "absolute")
        {
            throw json.Error("position_embedding_type", $"is '{Text.Printable(positions)}'; supported is absolute");
        }

        if (json.Boolean("is_decoder") == true || json.Boolean("add_cross_attention") == true)
        {
            throw json.Error(json.Boolean("is_decoder") == true ? "is_decoder" : "add_cross_attention", "is true; only encoders are supported");
        }

        return new BertConfig
        {
            Source = json.File,
            Architectures = json.Strings("architectures"),
            VocabSize = json.RequiredCount("vocab_size", ConfigBounds.Vocabulary),
            HiddenSize = json.RequiredCount("hidden_size", ConfigBounds.Width),
            NumHiddenLayers = json.RequiredCount("num_hidden_layers", ConfigBounds.Layers),
            NumAttentionHeads = json.RequiredCount("num_attention_heads", ConfigBounds.Heads),
            IntermediateSize = json.RequiredCount("intermediate_size", ConfigBounds.Width),
            MaxPositionEmbeddings = json.RequiredCount("max_position_embeddings", ConfigBounds.Positions),
            TypeVocabSize = json.RequiredCount("type_vocab_size", ConfigBounds.TokenTypes),
            LayerNormEps = json.RequiredNumber("layer_norm_eps"),
            HiddenAct = Activations.Read(json, "hidden_act"),
            SoftmaxAct = AttentionFunctions.Read(json, "softmax_act"),
            PadTokenId = json.Index("pad_token_id", ConfigBounds.Vocabulary) ?? 0,
            Labels = LabelReader.Read(json),
        };
    }
}
