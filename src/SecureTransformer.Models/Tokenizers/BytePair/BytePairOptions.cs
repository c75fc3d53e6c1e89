namespace SecureTransformer.Models;

/// <summary>How a byte-pair model treats what its merges do not cover.</summary>
internal sealed class BytePairOptions
{
    /// <summary>The token of a symbol that is not in the vocabulary.</summary>
    public int? Unknown { get; init; }

    /// <summary>Whether neighbouring unknown symbols are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a character that is not in the vocabulary becomes its UTF-8 bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a word that is a token needs no merges to become it.</summary>
    public bool IgnoreMerges { get; init; }
}
