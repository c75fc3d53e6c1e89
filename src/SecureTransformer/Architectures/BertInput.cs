using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>One text for a BERT model: its tokens secret, its length, positions and padding public. The tensors stay the caller's.</summary>
public sealed class BertInput
{
    /// <summary>Describes an input of T tokens.</summary>
    /// <param name="tokens">One-hot rows of the token ids, [T, vocabulary], without fractional bits.</param>
    /// <param name="tokenTypes">One-hot rows of the token types, [T, types], without fractional bits.</param>
    /// <param name="positionIds">The positions; by default 0, 1, 2 and so on.</param>
    /// <param name="attentionMask">False where a token is padding; by default no token is. The first token, which the classifier reads, is none.</param>
    /// <exception cref="ArgumentException">The lengths differ, a tensor is no matrix or has fractional bits, a position is negative, or the first token is padding.</exception>
    public BertInput(SecretTensor tokens, SecretTensor tokenTypes, IReadOnlyList<int>? positionIds = null, IReadOnlyList<bool>? attentionMask = null)
    {
        RequireOneHot(tokens, nameof(tokens));
        RequireOneHot(tokenTypes, nameof(tokenTypes));
        int length = tokens.Shape[0];
        RequireLength(tokenTypes.Shape[0], nameof(tokenTypes));
        RequireLength(positionIds?.Count ?? length, nameof(positionIds));
        RequireLength(attentionMask?.Count ?? length, nameof(attentionMask));
        Tokens = tokens;
        TokenTypes = tokenTypes;
        PositionIds = positionIds is null ? [.. Enumerable.Range(0, length)] : [.. positionIds];
        AttentionMask = attentionMask is null ? [.. Enumerable.Repeat(true, length)] : [.. attentionMask];
        if (PositionIds.Any(p => p < 0))
        {
            throw new ArgumentException("Positions are not negative.", nameof(positionIds));
        }

        if (!AttentionMask[0])
        {
            throw new ArgumentException("The first token, which the classifier reads, is masked as padding.", nameof(attentionMask));
        }

        void RequireLength(int actual, string name)
        {
            if (actual != length)
            {
                throw new ArgumentException($"There are {length} tokens, and {actual} here.", name);
            }
        }
    }

    /// <summary>One-hot rows of the token ids, [T, vocabulary].</summary>
    public SecretTensor Tokens { get; }

    /// <summary>One-hot rows of the token types, [T, types].</summary>
    public SecretTensor TokenTypes { get; }

    /// <summary>The public positions, T of them.</summary>
    public IReadOnlyList<int> PositionIds { get; }

    /// <summary>The public padding mask: false where a token is padding.</summary>
    public IReadOnlyList<bool> AttentionMask { get; }

    /// <summary>
    /// Whether padding is computed on like other tokens, so that what is sent depends on T alone; by default it is left out, which costs less. The answer is the same. For
    /// material that was dealt ahead of time for T tokens.
    /// </summary>
    public bool ComputePadding { get; init; }

    /// <summary>The number of tokens, T.</summary>
    public int Length => PositionIds.Count;

    private static void RequireOneHot(SecretTensor rows, string name)
    {
        ArgumentNullException.ThrowIfNull(rows, name);
        if (rows.Shape.Rank != 2 || rows.FractionalBits != 0)
        {
            throw new ArgumentException($"One-hot rows are a matrix without fractional bits; these are {rows}.", name);
        }
    }
}
