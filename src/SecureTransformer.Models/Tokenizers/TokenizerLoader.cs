namespace SecureTransformer.Models;

/// <summary>Finds the tokenizer of a model directory.</summary>
public static class TokenizerLoader
{
    private const string Supported = "tokenizer.json of type WordPiece, or vocab.txt of a BERT tokenizer";

    /// <summary>Reads the tokenizer of a model directory: <c>tokenizer.json</c>, or else <c>vocab.txt</c>; with <c>tokenizer_config.json</c> where there is one.</summary>
    /// <param name="directory">The model directory.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or describes a tokenizer that is not supported.</exception>
    /// <exception cref="FileNotFoundException">The directory holds no tokenizer.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Tokenizer FromDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string? config = Existing(directory, "tokenizer_config.json");
        if (Existing(directory, "tokenizer.json") is { } json)
        {
            RequireWordPiece(json);
            return WordPieceTokenizer.FromTokenizerJson(json, config);
        }

        if (Existing(directory, "vocab.txt") is { } vocabulary)
        {
            RequireBertClass(config);
            if (Existing(directory, "added_tokens.json") is { } added)
            {
                throw new InvalidDataException($"{added}: added tokens beside a vocab.txt are not supported; save the tokenizer as tokenizer.json.");
            }

            return WordPieceTokenizer.FromVocabulary(vocabulary, config);
        }

        foreach (string other in (ReadOnlySpan<string>)["vocab.json", "merges.txt", "tokenizer.model", "spiece.model"])
        {
            if (Existing(directory, other) is { } path)
            {
                throw new InvalidDataException($"{path}: this kind of tokenizer is not supported; supported are {Supported}.");
            }
        }

        throw new FileNotFoundException($"'{directory}' holds no tokenizer; supported are {Supported}.", Path.Combine(directory, "tokenizer.json"));
    }

    private static void RequireWordPiece(string path)
    {
        using JsonFile file = JsonFile.Open(path, Vocabulary.MaxBytes);
        JsonFields model = file.Root.RequiredObject("model");
        string type = model.RequiredString("type");
        if (type != "WordPiece")
        {
            throw model.Error("type", $"is '{Text.Printable(type)}'; supported is WordPiece");
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
