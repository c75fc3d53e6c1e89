using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// The tokenizer of BERT (Devlin et al., 2019) as Hugging Face's BertTokenizer runs it: clean-up, split at white space and punctuation, then greedy
/// longest match; [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with type 1 from B on.
/// </summary>
public sealed class WordPieceTokenizer : Tokenizer
{
    private const string DefaultPrefix = "##";
    private const int DefaultMaxWordLength = 100;

    private readonly BertNormalizer _normalizer;
    private readonly WordPieceModel _model;
    private readonly SpecialTokens _special;
    private readonly string _prefix;
    private readonly bool _cleanUpSpaces;

    private WordPieceTokenizer(
        Vocabulary vocabulary, BertTokenizerConfig config, BertNormalizer normalizer, string unknown, string prefix, int maxWordLength,
        IEnumerable<(string Token, int Id)> added)
        : base(vocabulary, config.MaxTokens)
    {
        _normalizer = normalizer;
        _prefix = prefix;
        _cleanUpSpaces = config.CleanUpSpaces;
        UnknownTokenId = vocabulary.Required(unknown, "unknown");
        ClassificationTokenId = vocabulary.Required(config.Classification, "classification");
        SeparatorTokenId = vocabulary.Required(config.Separator, "separator");
        PadTokenId = vocabulary.TryGetId(config.Pad, out int pad) ? pad : null;
        MaskTokenId = vocabulary.TryGetId(config.Mask, out int mask) ? mask : null;
        _model = new WordPieceModel(vocabulary, prefix, UnknownTokenId, maxWordLength);

        List<(string Token, int Id)> special = [(unknown, UnknownTokenId), (config.Classification, ClassificationTokenId), (config.Separator, SeparatorTokenId), .. added];
        special.AddRange(config.AdditionalSpecialTokens.Select(t => (t, vocabulary.Required(t, "additional special"))));
        if (PadTokenId is { } padId)
        {
            special.Add((config.Pad, padId));
        }

        if (MaskTokenId is { } maskId)
        {
            special.Add((config.Mask, maskId));
        }

        _special = new SpecialTokens(special);
    }

    /// <summary>The token of a word that cannot be segmented.</summary>
    public int UnknownTokenId { get; }

    /// <summary>The token that starts an input; classification heads read its position.</summary>
    public int ClassificationTokenId { get; }

    /// <summary>The token that ends each text.</summary>
    public int SeparatorTokenId { get; }

    /// <summary>The token that stands for a hidden word, if the vocabulary has one.</summary>
    public int? MaskTokenId { get; }

    /// <inheritdoc/>
    public override int? PadTokenId { get; }

    /// <summary>Reads a tokenizer from a <c>vocab.txt</c>.</summary>
    /// <param name="vocabularyPath">A token a line; its id is the number of the line, from 0.</param>
    /// <param name="configPath">The <c>tokenizer_config.json</c>, or null for lower case and the usual special tokens.</param>
    /// <exception cref="InvalidDataException">A file is damaged, asks for something that is not supported, or lacks a special token.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static WordPieceTokenizer FromVocabulary(string vocabularyPath, string? configPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        BertTokenizerConfig config = BertTokenizerConfig.Read(configPath);
        var normalizer = new BertNormalizer
        {
            SpaceIdeographs = config.SpaceIdeographs ?? true,
            LowerCase = config.LowerCase ?? true,
            StripAccents = config.StripAccents,
        };
        Vocabulary vocabulary = Vocabulary.FromLines(vocabularyPath, config.AddedTokens);
        return new WordPieceTokenizer(vocabulary, config, normalizer, config.Unknown, DefaultPrefix, DefaultMaxWordLength, config.AddedTokens);
    }

    /// <summary>Reads a tokenizer from a <c>tokenizer.json</c> of type WordPiece. Its truncation and padding are not applied.</summary>
    /// <param name="path">The file.</param>
    /// <param name="configPath">The <c>tokenizer_config.json</c>, or null; what it says of case, accents and ideographs prevails.</param>
    /// <inheritdoc cref="FromVocabulary" path="/exception"/>
    public static WordPieceTokenizer FromTokenizerJson(string path, string? configPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using JsonFile file = JsonFile.Open(path, Vocabulary.MaxBytes);
        return FromTokenizerJson(file.Root, configPath);
    }

    internal static WordPieceTokenizer FromTokenizerJson(JsonFields root, string? configPath)
    {
        BertTokenizerConfig config = BertTokenizerConfig.Read(configPath);
        BertTokenizerJson json = BertTokenizerJson.Read(root);
        json.RequireBertTemplate(config.Classification, config.Separator);
        var normalizer = new BertNormalizer
        {
            CleanText = json.Normalizer.CleanText,
            SpaceIdeographs = config.SpaceIdeographs ?? json.Normalizer.SpaceIdeographs,
            LowerCase = config.LowerCase ?? json.Normalizer.LowerCase,
            StripAccents = config.StripAccents ?? json.Normalizer.StripAccents,
        };
        return new WordPieceTokenizer(json.Vocabulary, config, normalizer, json.Unknown, json.Prefix, json.MaxWordLength, json.AddedTokens);
    }

    private protected override TokenEncoding EncodeCore(string text, string? secondText, bool addSpecialTokens)
    {
        var ids = new List<int>();
        if (!addSpecialTokens)
        {
            Append(text, ids);
            return new TokenEncoding([.. ids], new int[ids.Count]);
        }

        ids.Add(ClassificationTokenId);
        Append(text, ids);
        ids.Add(SeparatorTokenId);
        int firstLength = ids.Count;
        if (secondText is not null)
        {
            Append(secondText, ids);
            ids.Add(SeparatorTokenId);
        }

        int[] types = new int[ids.Count];
        types.AsSpan(firstLength).Fill(1);
        return new TokenEncoding([.. ids], types);
    }

    private protected override TokenDecoder CreateDecoderCore(bool skipSpecialTokens) =>
        new WordPieceDecoder(Vocabulary, _prefix, skipSpecialTokens ? _special : null, _cleanUpSpaces);

    private void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        while (!text.IsEmpty)
        {
            int start = _special.Find(text, out int length, out int id);
            AppendWords(start < 0 ? text : text[..start], ids);
            if (start < 0)
            {
                return;
            }

            ids.Add(id);
            text = text[(start + length)..];
        }
    }

    private void AppendWords(ReadOnlySpan<char> text, List<int> ids)
    {
        string normalized = _normalizer.Normalize(text);
        foreach (Range word in BertWords.Split(normalized))
        {
            _model.Append(normalized.AsSpan()[word], ids);
        }
    }
}
