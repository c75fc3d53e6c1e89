namespace SecureTransformer.Models;

/// <summary>
/// What <c>tokenizer_config.json</c>, and where it is silent <c>special_tokens_map.json</c>, say of a byte-pair tokenizer; null where neither does.
/// The clean-up of spaces that some files ask for is not done: it would lose characters.
/// </summary>
internal sealed class BytePairTokenizerConfig
{
    public string Source { get; private init; } = "";

    public string? Class { get; private init; }

    public int MaxTokens { get; private init; } = int.MaxValue;

    public string? Begin { get; private init; }

    public string? End { get; private init; }

    public string? Unknown { get; private init; }

    public string? Pad { get; private init; }

    public IReadOnlyList<string> AdditionalSpecialTokens { get; private init; } = [];

    public IReadOnlyList<AddedToken> AddedTokens { get; private init; } = [];

    public bool? AddBegin { get; private init; }

    public bool? AddEnd { get; private init; }

    public bool? AddPrefixSpace { get; private init; }

    public static BytePairTokenizerConfig Read(string? configPath, string? specialTokensPath)
    {
        using JsonFile? configFile = configPath is null ? null : JsonFile.Open(configPath, TokenizerConfigFields.MaxBytes);
        using JsonFile? mapFile = specialTokensPath is null ? null : JsonFile.Open(specialTokensPath, TokenizerConfigFields.MaxBytes);
        JsonFields? config = configFile?.Root;
        JsonFields? map = mapFile?.Root;
        return new BytePairTokenizerConfig
        {
            Source = configPath ?? specialTokensPath ?? "",
            Class = config?.String("tokenizer_class"),
            MaxTokens = config is { } limits ? TokenizerConfigFields.MaxTokens(limits) : int.MaxValue,
            Begin = Token("bos_token"),
            End = Token("eos_token"),
            Unknown = Token("unk_token"),
            Pad = Token("pad_token"),
            AdditionalSpecialTokens = [.. Additional(config), .. Additional(map)],
            AddedTokens = config is { } added ? [.. TokenizerConfigFields.AddedTokens(added).Select(t => t.Token)] : [],
            AddBegin = config?.Boolean("add_bos_token"),
            AddEnd = config?.Boolean("add_eos_token"),
            AddPrefixSpace = config?.Boolean("add_prefix_space"),
        };

        string? Token(string key) => (config is { } c ? TokenizerConfigFields.Token(c, key) : null) ?? (map is { } m ? TokenizerConfigFields.Token(m, key) : null);
    }

    private static IEnumerable<string> Additional(JsonFields? json) =>
        json?.StringsOrObjects("additional_special_tokens", SpecialTokens.MaxCount).Select(t => t.Text ?? t.Fields!.Value.RequiredString("content")) ?? [];
}
