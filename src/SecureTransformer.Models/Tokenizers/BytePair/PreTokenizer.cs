namespace SecureTransformer.Models;

/// <summary>Cuts a stretch of normalized text between added tokens into words, and hands each to the model.</summary>
internal abstract class PreTokenizer
{
    private const string Supported =
        "are ByteLevel, Metaspace, a Sequence of Splits, Digits and a ByteLevel, and none";

    /// <summary>Whether words are written in the characters of <see cref="ByteCharacters"/>.</summary>
    public virtual bool IsByteLevel => false;

    /// <param name="section">The text.</param>
    /// <param name="atStart">Whether it is the first of the whole text.</param>
    /// <param name="model">Takes the words.</param>
    /// <param name="ids">Receives the ids.</param>
    public abstract void Append(ReadOnlySpan<char> section, bool atStart, BytePairModel model, List<int> ids);

    /// <param name="json">The top of a <c>tokenizer.json</c>.</param>
    /// <param name="addPrefixSpace">What <c>tokenizer_config.json</c> says; it prevails over a lone ByteLevel, as with Hugging Face.</param>
    public static PreTokenizer Read(JsonFields json, bool? addPrefixSpace)
    {
        if (json.Object("pre_tokenizer") is not { } part)
        {
            return new WholeTextPreTokenizer();
        }

        string type = part.RequiredString("type");
        return type switch
        {
            "ByteLevel" => ReadByteLevel(part, [], addPrefixSpace),
            "Metaspace" => MetaspacePreTokenizer.Read(part),
            "Sequence" => ReadSequence(part),
            _ => throw part.Unsupported("type", type, Supported),
        };
    }

    private static PreTokenizer ReadSequence(JsonFields part)
    {
        var splits = new List<SplitPattern>();
        IReadOnlyList<JsonFields> steps = part.Objects("pretokenizers", 16);
        for (int i = 0; i < steps.Count; i++)
        {
            string type = steps[i].RequiredString("type");
            if (type == "Split")
            {
                splits.Add(ReadSplit(steps[i]));
            }
            else if (type == "Digits")
            {
                splits.Add(steps[i].Boolean("individual_digits") == true ? SplitPattern.Digits : SplitPattern.Numbers);
            }
            else if (type == "ByteLevel" && i == steps.Count - 1)
            {
                return ReadByteLevel(steps[i], splits, null);
            }
            else if (type == "Metaspace" && steps.Count == 1)
            {
                return MetaspacePreTokenizer.Read(steps[i]);
            }
            else
            {
                throw steps[i].Unsupported("type", type, "within a Sequence are Split, Digits and, as the last, ByteLevel");
            }
        }

        throw part.Error("pretokenizers", "does not end with a ByteLevel");
    }

    private static SplitPattern ReadSplit(JsonFields part)
    {
        // To keep the matches, or to remove what is between them, is the same: the known patterns leave nothing between them.
        string behavior = part.RequiredString("behavior");
        bool invert = part.Boolean("invert") ?? false;
        if ((behavior, invert) is not (("Isolated", false) or ("Removed", true)))
        {
            throw part.Unsupported("behavior", behavior, "are Isolated, and Removed with 'invert'");
        }

        string pattern = part.RequiredObject("pattern").String("Regex")
            ?? throw part.Error("pattern", "is not a 'Regex', which alone is supported");
        return SplitPattern.Find(pattern) ?? throw part.Unsupported("pattern", pattern, "are the patterns of GPT-2, Llama 3, cl100k_base and Qwen2");
    }

    private static ByteLevelPreTokenizer ReadByteLevel(JsonFields part, List<SplitPattern> splits, bool? addPrefixSpace)
    {
        bool prefix = part.Boolean("add_prefix_space") ?? true;
        bool regex = part.Boolean("use_regex") ?? true;
        return new ByteLevelPreTokenizer([.. splits], addPrefixSpace ?? prefix, regex);
    }
}
