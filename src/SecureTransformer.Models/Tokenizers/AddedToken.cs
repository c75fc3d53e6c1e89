namespace SecureTransformer.Models;

/// <summary>A token that stands outside the segmentation: an entry of <c>added_tokens</c> or <c>added_tokens_decoder</c>.</summary>
internal sealed class AddedToken
{
    public required string Content { get; init; }

    public required int Id { get; init; }

    /// <summary>Left out by decoding, unless asked for.</summary>
    public bool Special { get; init; }

    /// <summary>Not found within a longer word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Swallows white space before it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Swallows white space after it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Looked for in normalized text, with its own content normalized.</summary>
    public bool Normalized { get; init; }

    public static AddedToken Read(JsonFields entry, int id)
    {
        string content = entry.RequiredString("content");
        if (content.Length == 0)
        {
            throw entry.Error("content", "is empty");
        }

        bool special = entry.Boolean("special") ?? false;
        return new AddedToken
        {
            Content = content,
            Id = id,
            Special = special,
            SingleWord = entry.Boolean("single_word") ?? false,
            StripsLeft = entry.Boolean("lstrip") ?? false,
            StripsRight = entry.Boolean("rstrip") ?? false,
            Normalized = entry.Boolean("normalized") ?? !special,
        };
    }

    /// <summary>Reads the array <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
    public static List<AddedToken> ReadAll(JsonFields json)
    {
        var tokens = new List<AddedToken>();
        foreach (JsonFields entry in json.Objects("added_tokens", SpecialTokens.MaxCount))
        {
            tokens.Add(Read(entry, entry.Index("id", Vocabulary.MaxEntries - 1) ?? throw entry.Missing("id")));
        }

        return tokens;
    }
}
