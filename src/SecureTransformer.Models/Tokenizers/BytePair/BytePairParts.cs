namespace SecureTransformer.Models;

/// <summary>What a byte-pair tokenizer consists of, as its files describe it.</summary>
internal sealed class BytePairParts
{
    private const string EndOfText = "<|endoftext|>";

    private BytePairParts(Vocabulary vocabulary, IEnumerable<AddedToken> added, BytePairTokenizerConfig config, (string? Begin, string? End) assumed)
    {
        Vocabulary = vocabulary;
        Begin = Required(config.Begin, "begin") ?? Optional(assumed.Begin);
        End = Required(config.End, "end") ?? Optional(assumed.End);
        Unknown = Optional(config.Unknown);
        Pad = Optional(config.Pad);

        // Of entries for one token the last counts, as with Hugging Face; tokens that only have a role are special.
        var tokens = new Dictionary<int, AddedToken>();
        foreach (AddedToken token in added)
        {
            tokens[token.Id] = token;
        }

        foreach (int? id in (ReadOnlySpan<int?>)[Begin, End, Unknown, Pad, .. config.AdditionalSpecialTokens.Select(t => Required(t, "additional special"))])
        {
            if (id is { } known && !(tokens.TryGetValue(known, out AddedToken? token) && token.Special))
            {
                tokens[known] = new AddedToken { Content = vocabulary.TokenOf(known), Id = known, Special = true };
            }
        }

        AddedTokens = [.. tokens.Values];

        int? Required(string? token, string role) => token is null ? null : vocabulary.Required(token, role);

        int? Optional(string? token) => token is not null && vocabulary.TryGetId(token, out int id) ? id : null;
    }

    public Vocabulary Vocabulary { get; }

    public IReadOnlyList<AddedToken> AddedTokens { get; }

    public int? Begin { get; }

    public int? End { get; }

    public int? Unknown { get; }

    public int? Pad { get; }

    public required TextNormalizer Normalizer { get; init; }

    public required PreTokenizer PreTokenizer { get; init; }

    public required BytePairModel Model { get; init; }

    public required TokenTemplate Template { get; init; }

    public required TokenRendering Rendering { get; init; }

    /// <param name="json">The top of a <c>tokenizer.json</c>.</param>
    /// <param name="config">What stands beside it.</param>
    public static BytePairParts Read(JsonFields json, BytePairTokenizerConfig config)
    {
        JsonFields model = json.RequiredObject("model");
        TokenizerModelType.Require(model, TokenizerModelType.BytePair);
        List<AddedToken> added = [.. AddedToken.ReadAll(json), .. config.AddedTokens];
        Vocabulary vocabulary = Vocabulary.FromObject(model.RequiredObject("vocab"), added.Select(t => (t.Content, t.Id)));
        PreTokenizer preTokenizer = PreTokenizer.Read(json, config.AddPrefixSpace);
        TokenRendering rendering = TokenRendering.Read(json);
        if (rendering.IsByteLevel != preTokenizer.IsByteLevel)
        {
            throw json.Error("decoder", "does not belong to the pre-tokenizer: one of them is ByteLevel, the other is not");
        }

        return new BytePairParts(vocabulary, added, config, default)
        {
            Normalizer = TextNormalizer.Read(json),
            PreTokenizer = preTokenizer,
            Model = ReadModel(model, vocabulary, preTokenizer.IsByteLevel),
            Template = ReadTemplate(json, vocabulary, config),
            Rendering = rendering,
        };
    }

    /// <summary>The files of GPT-2: its pattern, no normalizer, and special tokens as the configuration says.</summary>
    public static BytePairParts Read(JsonFields vocab, string mergesPath, BytePairTokenizerConfig config)
    {
        if (config.Class is not (null or "GPT2Tokenizer" or "GPT2TokenizerFast"))
        {
            throw new InvalidDataException(
                $"{config.Source}: 'tokenizer_class' is '{Text.Printable(config.Class)}'; supported with vocab.json and merges.txt is GPT2Tokenizer.");
        }

        Vocabulary vocabulary = Vocabulary.FromObject(vocab, config.AddedTokens.Select(t => (t.Content, t.Id)));
        var merges = new MergeTable(MergesFile.Read(mergesPath), vocabulary, mergesPath);
        int? begin = config.AddBegin != true ? null : vocabulary.Required(config.Begin ?? EndOfText, "begin");
        return new BytePairParts(vocabulary, config.AddedTokens, config, (EndOfText, EndOfText))
        {
            Normalizer = new TextNormalizer(),
            PreTokenizer = new ByteLevelPreTokenizer([], config.AddPrefixSpace ?? false, useRegex: true),
            Model = new ByteLevelModel(merges, vocabulary, new BytePairOptions()),
            Template = TokenTemplate.Around(begin, null),
            Rendering = TokenRendering.ByteLevel(),
        };
    }

    private static BytePairModel ReadModel(JsonFields model, Vocabulary vocabulary, bool byteLevel)
    {
        foreach (string key in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.String(key) is { Length: > 0 } affix)
            {
                throw model.Unsupported(key, affix, "is none");
            }
        }

        if (model.Number("dropout") is > 0)
        {
            throw model.Error("dropout", "makes encodings random; supported is none");
        }

        var options = new BytePairOptions
        {
            Unknown = model.String("unk_token") is { Length: > 0 } unknown ? vocabulary.Required(unknown, "unknown") : null,
            FuseUnknown = model.Boolean("fuse_unk") ?? false,
            ByteFallback = model.Boolean("byte_fallback") ?? false,
            IgnoreMerges = model.Boolean("ignore_merges") ?? false,
        };
        var merges = new MergeTable(MergesFile.Read(model), vocabulary, model.File);
        return byteLevel ? new ByteLevelModel(merges, vocabulary, options) : new CharacterModel(merges, vocabulary, options);
    }

    /// <summary>Hugging Face's Llama tokenizers go by the flags of their configuration, if it has any, rather than by the post-processor.</summary>
    private static TokenTemplate ReadTemplate(JsonFields json, Vocabulary vocabulary, BytePairTokenizerConfig config)
    {
        TokenTemplate template = TokenTemplate.Read(json, vocabulary);
        if (config.Class is not ("LlamaTokenizer" or "LlamaTokenizerFast") || (config.AddBegin is null && config.AddEnd is null))
        {
            return template;
        }

        return TokenTemplate.Around(Id(config.AddBegin ?? true, config.Begin, "begin"), Id(config.AddEnd ?? false, config.End, "end"));

        int? Id(bool add, string? token, string role) => !add ? null
            : vocabulary.Required(token ?? throw new InvalidDataException($"{config.Source}: a token is to be added at the {role}, and none is named."), role);
    }
}
