namespace SecureTransformer.Models;

/// <summary>What <c>tokenizer_config.json</c> says of a BERT tokenizer; a value it does not give is null, or Hugging Face's default.</summary>
internal sealed class BertTokenizerConfig
{
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

        using JsonFile file = JsonFile.Open(path, TokenizerConfigFields.MaxBytes);
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
            MaxTokens = TokenizerConfigFields.MaxTokens(json),
            Unknown = TokenizerConfigFields.Token(json, "unk_token") ?? Default.Unknown,
            Separator = TokenizerConfigFields.Token(json, "sep_token") ?? Default.Separator,
            Classification = TokenizerConfigFields.Token(json, "cls_token") ?? Default.Classification,
            Pad = TokenizerConfigFields.Token(json, "pad_token") ?? Default.Pad,
            Mask = TokenizerConfigFields.Token(json, "mask_token") ?? Default.Mask,
            AdditionalSpecialTokens = json.Strings("additional_special_tokens"),
            AddedTokens = [.. TokenizerConfigFields.AddedTokens(json).Select(t => RequirePlain(t.Entry, t.Token))],
        };
    }

    /// <summary>White space beside a token means nothing to BERT, so that lstrip and rstrip need no attention.</summary>
    public static (string Token, int Id) RequirePlain(JsonFields entry, AddedToken token)
    {
        foreach (string unsupported in (ReadOnlySpan<string>)["single_word", "normalized"])
        {
            if (entry.Boolean(unsupported) == true)
            {
                throw entry.Error(unsupported, $"is true for the added token '{Text.Printable(token.Content)}'; supported is false");
            }
        }

        return (token.Content, token.Id);
    }
}
