namespace SecureTransformer.Models;

/// <summary>Finds the tokenizer of a model directory.</summary>
public static class TokenizerLoader
{
    private const string Supported = "tokenizer.json of type WordPiece or BPE, vocab.txt of a BERT tokenizer, and vocab.json with merges.txt of a GPT-2 tokenizer";

    /// <summary>Reads the tokenizer of a model directory: <c>tokenizer.json</c>, or else <c>vocab.txt</c>, or else <c>vocab.json</c> with <c>merges.txt</c>; with <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> where they exist.</summary>
    /// <param name="directory">The model directory.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or describes a tokenizer that is not supported.</exception>
    /// <exception cref="FileNotFoundException">The directory holds no tokenizer.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Tokenizer FromDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string? config = Existing(directory, "tokenizer_config.json");
        string? specialTokens = Existing(directory, "special_tokens_map.json");
        if (Existing(directory, "tokenizer.json") is { } json)
        {
            return FromTokenizerJson(json, config, specialTokens);
        }

        if (Existing(directory, "vocab.txt") is { } vocabulary)
        {
            RequireBertClass(config);
            RequireNoAddedTokens(directory);
            return WordPieceTokenizer.FromVocabulary(vocabulary, config);
        }

        if (Existing(directory, "vocab.json") is { } pairs && Existing(directory, "merges.txt") is { } merges)
        {
            RequireNoAddedTokens(directory);
            return BytePairTokenizer.FromVocabulary(pairs, merges, config, specialTokens);
        }

        foreach (string other in (ReadOnlySpan<string>)["vocab.json", "merges.txt", "tokenizer.model", "spiece.model"])
        {
            if (Existing(directory, other) is { } path)
            {
                throw new InvalidDataException($"{path}: this kind of tokenizer, or what is here of it, is not supported; supported are {Supported}.");
            }
        }

        throw new FileNotFoundException($"'{directory}' holds no tokenizer; supported are {Supported}.", Path.Combine(directory, "tokenizer.json"));
    }

    private static Tokenizer FromTokenizerJson(string path, string? config, string? specialTokens)
    {
        using JsonFile file = JsonFile.Open(path, Vocabulary.MaxBytes);
        JsonFields model = file.Root.RequiredObject("model");
        string type = TokenizerModelType.Of(model);
        return type switch
        {
            TokenizerModelType.WordPiece => WordPieceTokenizer.FromTokenizerJson(file.Root, config),
            TokenizerModelType.BytePair => BytePairTokenizer.FromTokenizerJson(file.Root, config, specialTokens),
            _ => throw model.Unsupported("type", type, "are WordPiece and BPE"),
        };
    }

    private static void RequireNoAddedTokens(string directory)
    {
        if (Existing(directory, "added_tokens.json") is { } added)
        {
            throw new InvalidDataException($"{added}: added tokens beside a vocabulary are not supported; save the tokenizer as tokenizer.json.");
        }
    }

    private static void RequireBertClass(string? config)
    {
        if (config is null)
        {
            return;
        }

        string? name = BertTokenizerConfig.Read(config).Class;
        if (name is not (null or "BertTokenizer" or "BertTokenizerFast" or "DistilBertTokenizer" or "DistilBertTokenizerFast"
            or "ElectraTokenizer" or "ElectraTokenizerFast"))
        {
            throw new InvalidDataException(
                $"{config}: 'tokenizer_class' is '{Text.Printable(name)}'; supported with a vocab.txt are BertTokenizer, DistilBertTokenizer and ElectraTokenizer.");
        }
    }

    private static string? Existing(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        return File.Exists(path) ? path : null;
    }
}
