using System.Globalization;

namespace SecureTransformer.Models;

/// <summary>What <c>tokenizer_config.json</c> says of a BERT tokenizer; a value it does not give is null, or Hugging Face's default.</summary>
internal sealed class BertTokenizerConfig
{
    public const long MaxBytes = 16_000_000;

    public static readonly BertTokenizerConfig Default = new();

    public string? Class { get; private init; }

    public bool? LowerCase { get; private init; }

    public bool? StripAccents { get; private init; }

    public bool? SpaceIdeographs { get; private init; }

    public bool CleanUpSpaces { get; private init; } = true;

    public int MaxTokens { get; private init; } = int.MaxValue;

    public string Unknown { get; private init; } = "[UNK]";

    public string Separator { get; private init; } = "[SEP]";

    public string Classification { get; private init; } = "[CLS]";

    public string Pad { get; private init; } = "[PAD]";

    public string Mask { get; private init; } = "[MASK]";

    public IReadOnlyList<string> AdditionalSpecialTokens { get; private init; } = [];

    public IReadOnlyList<(string Token, int Id)> AddedTokens { get; private init; } = [];

    public static BertTokenizerConfig Read(string? path)
    {
        if (path is null)
        {
            return Default;
        }

        using JsonFile file = JsonFile.Open(path, MaxBytes);
        JsonFields json = file.Root;
        if (json.Boolean("do_basic_tokenize") == false)
        {
            throw json.Error("do_basic_tokenize", "is false; supported is true");
        }

        if (json.Strings("never_split").Count > 0)
        {
            throw json.Error("never_split", "is not empty, which is not supported");
        }

        return new BertTokenizerConfig
        {
            Class = json.String("tokenizer_class"),
            LowerCase = json.Boolean("do_lower_case"),
            StripAccents = json.Boolean("strip_accents"),
            SpaceIdeographs = json.Boolean("tokenize_chinese_chars"),
            CleanUpSpaces = json.Boolean("clean_up_tokenization_spaces") ?? true,
            MaxTokens = ReadMaxTokens(json),
            Unknown = ReadToken(json, "unk_token") ?? Default.Unknown,
            Separator = ReadToken(json, "sep_token") ?? Default.Separator,
            Classification = ReadToken(json, "cls_token") ?? Default.Classification,
            Pad = ReadToken(json, "pad_token") ?? Default.Pad,
            Mask = ReadToken(json, "mask_token") ?? Default.Mask,
            AdditionalSpecialTokens = json.Strings("additional_special_tokens"),
            AddedTokens = ReadAddedTokens(json),
        };
    }

    /// <summary>Without a limit Hugging Face writes 10^30.</summary>
    private static int ReadMaxTokens(JsonFields json)
    {
        double limit = json.Number("model_max_length") ?? int.MaxValue;
        return limit >= 1
            ? (int)Math.Min(limit, int.MaxValue)
            : throw json.Error("model_max_length", "must be at least 1");
    }

    private static string? ReadToken(JsonFields json, string key)
    {
        string? token = json.IsObject(key) ? json.RequiredObject(key).RequiredString("content") : json.String(key);
        return token is "" ? throw json.Error(key, "is empty") : token;
    }

    private static List<(string Token, int Id)> ReadAddedTokens(JsonFields json)
    {
        var tokens = new List<(string, int)>();
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

                tokens.Add(AddedToken.Read(entries.RequiredObject(key), id));
            }
        }

        return tokens;
    }
}
