namespace SecureTransformer.Models;

/// <summary>A text as token ids, ready for a model. It is as secret as the text: it prints only its length.</summary>
public sealed class TokenEncoding
{
    private readonly int[] _inputIds;
    private readonly int[] _tokenTypeIds;
    private readonly int[] _attentionMask;

    internal TokenEncoding(int[] inputIds, int[] tokenTypeIds)
    {
        _inputIds = inputIds;
        _tokenTypeIds = tokenTypeIds;
        _attentionMask = new int[inputIds.Length];
        Array.Fill(_attentionMask, 1);
    }

    /// <summary>Number of tokens, special tokens included.</summary>
    public int Length => _inputIds.Length;

    /// <summary>The token ids.</summary>
    public ReadOnlyMemory<int> InputIds => _inputIds;

    /// <summary>0 for the first text and 1 for the second, by token.</summary>
    public ReadOnlyMemory<int> TokenTypeIds => _tokenTypeIds;

    /// <summary>1 for each token: nothing here is padding.</summary>
    public ReadOnlyMemory<int> AttentionMask => _attentionMask;

    /// <inheritdoc/>
    public override string ToString() => $"TokenEncoding of {Length} tokens";
}
