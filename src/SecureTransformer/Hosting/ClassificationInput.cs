using SecureTransformer.Models;

namespace SecureTransformer.Hosting;

/// <summary>Tokens of one text, as a tokenizer gives them. They never leave the client in the clear; length, mask and positions are public.</summary>
public sealed class ClassificationInput
{
    /// <summary>The token ids. Secret.</summary>
    public required IReadOnlyList<int> InputIds { get; init; }

    /// <summary>The segment of each token; empty for all zeros. Secret.</summary>
    public IReadOnlyList<int> TokenTypeIds { get; init; } = [];

    /// <summary>1 for real tokens, 0 for padding; empty for all real. Public.</summary>
    public IReadOnlyList<int> AttentionMask { get; init; } = [];

    /// <summary>The position of each token; empty for 0, 1, 2, ... Public.</summary>
    public IReadOnlyList<int> PositionIds { get; init; } = [];

    /// <summary>The number of tokens, never the tokens.</summary>
    public override string ToString() => $"{nameof(ClassificationInput)} of {InputIds.Count} tokens";

    /// <summary>Every part, and padding behind the tokens up to a length.</summary>
    internal ClassificationInput Complete(BertConfig config, int? padTo)
    {
        ClassificationInput complete = Complete(config);
        int missing = (padTo ?? 0) - InputIds.Count;
        return missing <= 0 ? complete : new ClassificationInput
        {
            InputIds = [.. complete.InputIds, .. Enumerable.Repeat(config.PadTokenId, missing)],
            TokenTypeIds = [.. complete.TokenTypeIds, .. new int[missing]],
            AttentionMask = [.. complete.AttentionMask, .. new int[missing]],
            PositionIds = [.. complete.PositionIds, .. new int[missing]],
        };
    }

    private ClassificationInput Complete(BertConfig config)
    {
        int length = InputIds.Count;
        var complete = new ClassificationInput
        {
            InputIds = InputIds,
            TokenTypeIds = TokenTypeIds.Count == 0 ? new int[length] : TokenTypeIds,
            AttentionMask = AttentionMask.Count == 0 ? [.. Enumerable.Repeat(1, length)] : AttentionMask,
            PositionIds = PositionIds.Count == 0 ? [.. Enumerable.Range(0, length)] : PositionIds,
        };
        if (length < 1 || length > config.MaxPositionEmbeddings)
        {
            throw new ArgumentException($"The text has {length} tokens; the model takes between 1 and {config.MaxPositionEmbeddings}. Shorten it or split it.");
        }

        Require(complete.InputIds, config.VocabSize, nameof(InputIds), length);
        Require(complete.TokenTypeIds, config.TypeVocabSize, nameof(TokenTypeIds), length);
        Require(complete.AttentionMask, 2, nameof(AttentionMask), length);
        Require(complete.PositionIds, config.MaxPositionEmbeddings, nameof(PositionIds), length);
        return complete;
    }

    private static void Require(IReadOnlyList<int> values, int bound, string name, int length)
    {
        if (values.Count != length)
        {
            throw new ArgumentException($"{name} has {values.Count} entries for {length} tokens.", name);
        }

        for (int i = 0; i < length; i++)
        {
            if (values[i] < 0 || values[i] >= bound)
            {
                throw new ArgumentException($"{name} has an entry outside [0, {bound}) at position {i}.", name);
            }
        }
    }
}
