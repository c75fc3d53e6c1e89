using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>What the configurations of all decoders have in common: models that read tokens from left to right and say which comes next.</summary>
public abstract class DecoderConfig : ModelConfig
{
    private readonly int? _numKeyValueHeads;
    private readonly int? _headSize;

    private protected DecoderConfig()
    {
    }

    /// <summary>Rows of the token embedding, and columns of the logits.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>Number of heads that ask: the query heads.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Number of heads that are asked; divides <see cref="NumAttentionHeads"/>, which is the default. With fewer, several query heads share one (Ainslie et al., EMNLP 2023).</summary>
    public int NumKeyValueHeads
    {
        get => _numKeyValueHeads ?? NumAttentionHeads;
        init => _numKeyValueHeads = value;
    }

    /// <summary>Width of one attention head; by default <see cref="HiddenSize"/> / <see cref="NumAttentionHeads"/>.</summary>
    public int HeadSize
    {
        get => _headSize ?? HiddenSize / NumAttentionHeads;
        init => _headSize = value;
    }

    /// <summary>Width within the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The context: the most tokens of prompt and answer together.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>The function of the feed-forward layer.</summary>
    public required Activation HiddenAct { get; init; }

    /// <summary>Whether the output projection is the token embedding, transposed, and has no tensor of its own.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>The token that begins a text, where there is one.</summary>
    public int? BeginTokenId { get; init; }

    /// <summary>The tokens that end a text; may be empty.</summary>
    public IReadOnlyList<int> EndTokenIds { get; init; } = [];

    /// <summary>The keys of config.json under which the values stand, for messages.</summary>
    private protected abstract DecoderKeys Keys { get; }

    /// <inheritdoc/>
    public override void Validate()
    {
        DecoderKeys keys = Keys;
        RequireCount(VocabSize, "vocab_size", ConfigBounds.Vocabulary);
        RequireCount(HiddenSize, keys.Hidden, ConfigBounds.Width);
        RequireCount(NumHiddenLayers, keys.Layers, ConfigBounds.Layers);
        RequireCount(NumAttentionHeads, keys.Heads, ConfigBounds.Heads);
        RequireCount(IntermediateSize, keys.Intermediate, ConfigBounds.Width);
        RequireCount(MaxPositionEmbeddings, keys.Positions, ConfigBounds.Positions);
        Require(_headSize is not null || HiddenSize % NumAttentionHeads == 0, keys.Hidden, $"is {HiddenSize}, which {keys.Heads} ({NumAttentionHeads}) does not divide");
        RequireCount(HeadSize, "head_dim", ConfigBounds.Width);
        RequireCount(NumKeyValueHeads, "num_key_value_heads", ConfigBounds.Heads);
        Require(NumAttentionHeads % NumKeyValueHeads == 0, "num_key_value_heads", $"is {NumKeyValueHeads}, which does not divide {keys.Heads} ({NumAttentionHeads})");
        Require((long)NumAttentionHeads * HeadSize <= ConfigBounds.Width, "head_dim", $"is {HeadSize}, which makes attention wider than {ConfigBounds.Width}");
        Require(Enum.IsDefined(HiddenAct), keys.Activation, $"has the undefined value {(int)HiddenAct}");
        Require(BeginTokenId is null || IsToken(BeginTokenId.Value), "bos_token_id", $"is {BeginTokenId}, which is not below vocab_size ({VocabSize})");
        Require(EndTokenIds is { Count: <= ConfigBounds.EndTokens }, "eos_token_id", $"must have at most {ConfigBounds.EndTokens} tokens");
        foreach (int token in EndTokenIds)
        {
            Require(IsToken(token), "eos_token_id", $"is {token}, which is not below vocab_size ({VocabSize})");
        }
    }

    private protected void WriteTokens(Utf8JsonWriter writer)
    {
        if (BeginTokenId is { } begin)
        {
            writer.WriteNumber("bos_token_id", begin);
        }

        writer.WriteStartArray("eos_token_id");
        foreach (int token in EndTokenIds)
        {
            writer.WriteNumberValue(token);
        }

        writer.WriteEndArray();
    }

    private bool IsToken(int id) => id >= 0 && id < VocabSize;
}
