using System.Collections.Frozen;

namespace SecureTransformer.Models;

/// <summary>
/// Byte-pair encoding (Sennrich et al., 2016): over bytes as of GPT-2 (Radford et al., 2019) and Llama 3, or over characters with a fallback to bytes
/// as of SentencePiece (Kudo and Richardson, 2018) and Llama 2; as Hugging Face's tokenizers run it. Encoding takes time O(n log n) for any text.
/// </summary>
/// <remarks>
/// <para>Text returns from byte-level encodings exactly. From those with byte fallback it does too, except that U+2581, which there stands for a space, returns as one,
/// and that a Metaspace pre-tokenizer does not tell a space at the start from none.</para>
/// <para>The clean-up of spaces that some <c>tokenizer_config.json</c> ask for is not done.</para>
/// </remarks>
public sealed class BytePairTokenizer : Tokenizer
{
    private readonly TextNormalizer _normalizer;
    private readonly PreTokenizer _preTokenizer;
    private readonly BytePairModel _model;
    private readonly TokenTemplate _template;
    private readonly TokenRendering _rendering;
    private readonly AddedTokenFinder _before;
    private readonly AddedTokenFinder _after;
    private readonly HashSet<int> _added;
    private readonly HashSet<int> _special;

    private BytePairTokenizer(BytePairParts parts, int maxTokens)
        : base(parts.Vocabulary, maxTokens)
    {
        _normalizer = parts.Normalizer;
        _preTokenizer = parts.PreTokenizer;
        _model = parts.Model;
        _template = parts.Template;
        _rendering = parts.Rendering;
        _before = new AddedTokenFinder(parts.AddedTokens.Where(t => !t.Normalized), content => content, Vocabulary.File);
        _after = new AddedTokenFinder(parts.AddedTokens.Where(t => t.Normalized), _normalizer.Apply, Vocabulary.File);
        _added = [.. parts.AddedTokens.Select(t => t.Id)];
        _special = [.. parts.AddedTokens.Where(t => t.Special).Select(t => t.Id)];
        BeginTokenId = parts.Begin ?? _template.Begin;
        EndTokenId = parts.End ?? _template.End;
        UnknownTokenId = parts.Unknown;
        PadTokenId = parts.Pad;
    }

    /// <inheritdoc/>
    public override int? BeginTokenId { get; }

    /// <inheritdoc/>
    public override int? EndTokenId { get; }

    /// <summary>The token that the configuration names for what is unknown, if any; byte-level encodings never need it.</summary>
    public int? UnknownTokenId { get; }

    /// <inheritdoc/>
    public override int? PadTokenId { get; }

    /// <summary>Reads a tokenizer from a <c>tokenizer.json</c> of type BPE. Its truncation and padding are not applied.</summary>
    /// <param name="path">The file.</param>
    /// <param name="configPath">The <c>tokenizer_config.json</c>, or null.</param>
    /// <param name="specialTokensPath">The <c>special_tokens_map.json</c>, or null.</param>
    /// <exception cref="InvalidDataException">A file is damaged, asks for something that is not supported, or lacks a token.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static BytePairTokenizer FromTokenizerJson(string path, string? configPath = null, string? specialTokensPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using JsonFile file = JsonFile.Open(path, Vocabulary.MaxBytes);
        return FromTokenizerJson(file.Root, configPath, specialTokensPath);
    }

    /// <summary>Reads a tokenizer from the <c>vocab.json</c> and the <c>merges.txt</c> of GPT-2.</summary>
    /// <param name="vocabularyPath">An object of token to id.</param>
    /// <param name="mergesPath">A merge a line, in the order in which they were learnt.</param>
    /// <param name="configPath">The <c>tokenizer_config.json</c>, or null.</param>
    /// <param name="specialTokensPath">The <c>special_tokens_map.json</c>, or null.</param>
    /// <inheritdoc cref="FromTokenizerJson(string, string, string)" path="/exception"/>
    public static BytePairTokenizer FromVocabulary(string vocabularyPath, string mergesPath, string? configPath = null, string? specialTokensPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        ArgumentException.ThrowIfNullOrEmpty(mergesPath);
        BytePairTokenizerConfig config = BytePairTokenizerConfig.Read(configPath, specialTokensPath);
        using JsonFile file = JsonFile.Open(vocabularyPath, Vocabulary.MaxBytes);
        return new BytePairTokenizer(BytePairParts.Read(file.Root, mergesPath, config), config.MaxTokens);
    }

    internal static BytePairTokenizer FromTokenizerJson(JsonFields json, string? configPath, string? specialTokensPath)
    {
        BytePairTokenizerConfig config = BytePairTokenizerConfig.Read(configPath, specialTokensPath);
        return new BytePairTokenizer(BytePairParts.Read(json, config), config.MaxTokens);
    }

    private protected override TokenEncoding EncodeCore(string text, string? secondText, bool addSpecialTokens)
    {
        List<int> first = Segment(text);
        return addSpecialTokens
            ? _template.Apply(first, secondText is null ? null : Segment(secondText))
            : new TokenEncoding([.. first], new int[first.Count]);
    }

    private protected override TokenDecoder CreateDecoderCore(bool skipSpecialTokens) =>
        new BytePairDecoder(_rendering, Vocabulary, _added, skipSpecialTokens ? _special : FrozenSet<int>.Empty);

    /// <summary>Cuts at added tokens, normalizes what is between them, cuts at the added tokens that count as normalized text, and encodes the rest.</summary>
    private List<int> Segment(string text)
    {
        var ids = new List<int>();
        foreach ((Range outer, int? token) in _before.Split(text))
        {
            if (token is { } id)
            {
                ids.Add(id);
                continue;
            }

            string normalized = _normalizer.Apply(text[outer]);
            foreach ((Range inner, int? innerToken) in _after.Split(normalized))
            {
                if (innerToken is { } innerId)
                {
                    ids.Add(innerId);
                }
                else
                {
                    bool atStart = outer.Start.Value == 0 && inner.Start.Value == 0;
                    _preTokenizer.Append(normalized.AsSpan()[inner], atStart, _model, ids);
                }
            }
        }

        return ids;
    }
}
