namespace SecureTransformer.Models;

/// <summary>The parts of a <c>tokenizer.json</c> that describe a BERT tokenizer. Whatever would encode differently from BERT is refused.</summary>
internal sealed class BertTokenizerJson
{
    private readonly JsonFields _json;

    private BertTokenizerJson(JsonFields json) => _json = json;

    public required Vocabulary Vocabulary { get; init; }

    public required IReadOnlyList<(string Token, int Id)> AddedTokens { get; init; }

    public required string Unknown { get; init; }

    public required string Prefix { get; init; }

    public required int MaxWordLength { get; init; }

    public required (bool CleanText, bool SpaceIdeographs, bool? StripAccents, bool LowerCase) Normalizer { get; init; }

    public static BertTokenizerJson Read(JsonFields json)
    {
        JsonFields model = json.RequiredObject("model");
        TokenizerModelType.Require(model, TokenizerModelType.WordPiece);
        RequireType(json.RequiredObject("pre_tokenizer"), "BertPreTokenizer");
        List<(string, int)> added = [.. json.Objects("added_tokens").Zip(AddedToken.ReadAll(json), BertTokenizerConfig.RequirePlain)];
        return new BertTokenizerJson(json)
        {
            Vocabulary = Vocabulary.FromObject(model.RequiredObject("vocab"), added),
            AddedTokens = added,
            Unknown = model.String("unk_token") ?? "[UNK]",
            Prefix = model.String("continuing_subword_prefix") ?? "##",
            MaxWordLength = model.Count("max_input_chars_per_word", 1_000_000) ?? 100,
            Normalizer = ReadNormalizer(json),
        };
    }

    /// <summary>Checks that the post-processor makes [CLS] A [SEP] and [CLS] A [SEP] B [SEP], with type 1 from B on.</summary>
    public void RequireBertTemplate(string classification, string separator)
    {
        JsonFields processor = _json.RequiredObject("post_processor");
        switch (processor.RequiredString("type"))
        {
            case "BertProcessing":
                if (processor.PairFirst("cls") != classification || processor.PairFirst("sep") != separator)
                {
                    throw _json.Error("post_processor", $"does not use {Text.Printable(classification)} and {Text.Printable(separator)}");
                }

                break;
            case "TemplateProcessing":
                string single = $"{classification}:0 A:0 {separator}:0";
                RequireTemplate(processor, "single", single);
                RequireTemplate(processor, "pair", $"{single} B:1 {separator}:1");
                break;
            default:
                throw processor.Error("type", "is not supported; supported are BertProcessing and TemplateProcessing");
        }
    }

    private static void RequireTemplate(JsonFields processor, string key, string expected)
    {
        IEnumerable<string> pieces = processor.Objects(key).Select(piece =>
        {
            JsonFields part = piece.Object("SpecialToken") ?? piece.RequiredObject("Sequence");
            return $"{part.RequiredString("id")}:{part.Index("type_id", 1) ?? 0}";
        });
        if (string.Join(' ', pieces) != expected)
        {
            throw processor.Error(key, $"is not the template of BERT, '{Text.Printable(expected)}', which alone is supported");
        }
    }

    private static (bool CleanText, bool SpaceIdeographs, bool? StripAccents, bool LowerCase) ReadNormalizer(JsonFields json)
    {
        if (json.Object("normalizer") is not { } normalizer)
        {
            return (false, false, false, false);
        }

        RequireType(normalizer, "BertNormalizer");
        return (normalizer.Boolean("clean_text") ?? true, normalizer.Boolean("handle_chinese_chars") ?? true,
            normalizer.Boolean("strip_accents"), normalizer.Boolean("lowercase") ?? true);
    }

    private static void RequireType(JsonFields part, string supported)
    {
        string type = part.RequiredString("type");
        if (type != supported)
        {
            throw part.Unsupported("type", type, $"is {supported}");
        }
    }
}
