using System.Globalization;

namespace SecureTransformer.Models;

/// <summary>The entries of <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> that all kinds of tokenizers share.</summary>
internal static class TokenizerConfigFields
{
    public const long MaxBytes = 16_000_000;

    /// <summary>Without a limit Hugging Face writes 10^30.</summary>
    public static int MaxTokens(JsonFields json)
    {
        double limit = json.Number("model_max_length") ?? int.MaxValue;
        return limit >= 1
            ? (int)Math.Min(limit, int.MaxValue)
            : throw json.Error("model_max_length", "must be at least 1");
    }

    /// <summary>A special token: a string, or an object with its content.</summary>
    public static string? Token(JsonFields json, string key)
    {
        string? token = json.IsObject(key) ? json.RequiredObject(key).RequiredString("content") : json.String(key);
        return token is "" ? throw json.Error(key, "is empty") : token;
    }

    public static List<(JsonFields Entry, AddedToken Token)> AddedTokens(JsonFields json)
    {
        var tokens = new List<(JsonFields, AddedToken)>();
        if (json.Object("added_tokens_decoder") is { } entries)
        {
            foreach (string key in entries.Names)
            {
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= Vocabulary.MaxEntries)
                {
                    throw entries.Error(key, "is not a token id");
                }

                if (tokens.Count == SpecialTokens.MaxCount)
                {
                    throw json.Error("added_tokens_decoder", $"has more than {SpecialTokens.MaxCount} tokens");
                }

                JsonFields entry = entries.RequiredObject(key);
                tokens.Add((entry, AddedToken.Read(entry, id)));
            }
        }

        return tokens;
    }
}
