namespace SecureTransformer.Models;

/// <summary>The special tokens around a text and around a pair of texts.</summary>
internal sealed class TokenTemplate
{
    private const string Supported = "are TemplateProcessing, ByteLevel, a Sequence of these, and none";
    private const int MaxParts = 64;

    private readonly IReadOnlyList<Part> _single;
    private readonly IReadOnlyList<Part> _pair;

    private TokenTemplate(IReadOnlyList<Part> single, IReadOnlyList<Part> pair)
    {
        _single = single;
        _pair = pair;
    }

    private enum Kind
    {
        Special,
        First,
        Second,
    }

    /// <summary>The last special token before the text, if there is one.</summary>
    public int? Begin => _single.TakeWhile(p => p.Kind == Kind.Special).Select(p => (int?)p.Id).LastOrDefault();

    /// <summary>The first special token after the text, if there is one.</summary>
    public int? End => _single.SkipWhile(p => p.Kind == Kind.Special).Skip(1).Select(p => (int?)p.Id).FirstOrDefault();

    /// <summary>As Hugging Face's LlamaTokenizer: begin A end, and begin A end begin B end with type 1 from the second begin on.</summary>
    public static TokenTemplate Around(int? begin, int? end)
    {
        Part[] single = [.. Special(begin, 0), new Part(Kind.First, 0, 0), .. Special(end, 0)];
        return new TokenTemplate(single, [.. single, .. Special(begin, 1), new Part(Kind.Second, 0, 1), .. Special(end, 1)]);

        static Part[] Special(int? id, int type) => id is { } special ? [new Part(Kind.Special, special, type)] : [];
    }

    /// <param name="json">The top of a <c>tokenizer.json</c>.</param>
    /// <param name="vocabulary">Has the special tokens.</param>
    public static TokenTemplate Read(JsonFields json, Vocabulary vocabulary)
    {
        TokenTemplate? template = json.Object("post_processor") is { } part ? Read(part, vocabulary, null) : null;
        return template ?? new TokenTemplate([new Part(Kind.First, 0, 0)], [new Part(Kind.First, 0, 0), new Part(Kind.Second, 0, 1)]);
    }

    public TokenEncoding Apply(List<int> first, List<int>? second)
    {
        var ids = new List<int>();
        var types = new List<int>();
        foreach (Part part in second is null ? _single : _pair)
        {
            switch (part.Kind)
            {
                case Kind.First:
                    ids.AddRange(first);
                    break;
                case Kind.Second:
                    ids.AddRange(second!);
                    break;
                default:
                    ids.Add(part.Id);
                    break;
            }

            types.AddRange(Enumerable.Repeat(part.Type, ids.Count - types.Count));
        }

        return new TokenEncoding([.. ids], [.. types]);
    }

    private static TokenTemplate? Read(JsonFields part, Vocabulary vocabulary, TokenTemplate? template)
    {
        string type = part.RequiredString("type");
        switch (type)
        {
            case "ByteLevel":
                // It moves offsets, which are not kept here.
                return template;
            case "Sequence":
                foreach (JsonFields step in part.Objects("processors", MaxParts))
                {
                    template = Read(step, vocabulary, template);
                }

                return template;
            case "TemplateProcessing" when template is not null:
                throw part.Error("type", "is TemplateProcessing a second time; supported is one");
            case "TemplateProcessing":
                return new TokenTemplate(ReadParts(part, "single", 1, vocabulary), ReadParts(part, "pair", 2, vocabulary));
            default:
                throw part.Unsupported("type", type, Supported);
        }
    }

    private static List<Part> ReadParts(JsonFields processor, string key, int texts, Vocabulary vocabulary)
    {
        var parts = new List<Part>();
        foreach (JsonFields piece in processor.Objects(key, MaxParts))
        {
            if (piece.Object("SpecialToken") is { } special)
            {
                int type = special.Index("type_id", 1) ?? 0;
                parts.AddRange(ReadIds(processor, special.RequiredString("id"), vocabulary).Select(id => new Part(Kind.Special, id, type)));
                continue;
            }

            JsonFields sequence = piece.RequiredObject("Sequence");
            string name = sequence.RequiredString("id");
            Kind kind = name switch
            {
                "A" => Kind.First,
                "B" => Kind.Second,
                _ => throw sequence.Unsupported("id", name, "are A and B"),
            };
            parts.Add(new Part(kind, 0, sequence.Index("type_id", 1) ?? 0));
        }

        if (parts.Count(p => p.Kind == Kind.First) != 1 || parts.Count(p => p.Kind == Kind.Second) != texts - 1)
        {
            throw processor.Error(key, texts == 1 ? "must hold A once, and no B" : "must hold A and B once each");
        }

        return parts;
    }

    private static IReadOnlyList<int> ReadIds(JsonFields processor, string token, Vocabulary vocabulary)
    {
        JsonFields special = processor.RequiredObject("special_tokens").RequiredObject(token);
        IReadOnlyList<int> ids = special.Indices("ids", Vocabulary.MaxEntries - 1);
        return ids.Count is > 0 and <= MaxParts && ids.All(vocabulary.Contains)
            ? ids
            : throw special.Error("ids", $"must be 1 to {MaxParts} ids of the vocabulary");
    }

    private sealed record Part(Kind Kind, int Id, int Type);
}
