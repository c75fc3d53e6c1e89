using System.Text;

namespace SecureTransformer.Models;

/// <summary>Tokens and their ids, each once.</summary>
internal sealed class Vocabulary
{
    public const int MaxEntries = 2_000_000;
    public const long MaxBytes = 64_000_000;

    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;

    private readonly HashSet<string> _repeated;
    private readonly HashSet<int> _outside;

    private Vocabulary(Dictionary<string, int> ids, Dictionary<int, string> repeated, HashSet<int> outside, string file)
    {
        _outside = outside;
        _ids = ids;
        _tokens = new string?[ids.Values.Max() + 1];
        _repeated = new HashSet<string>(repeated.Values, StringComparer.Ordinal);
        File = file;
        foreach ((int id, string token) in repeated)
        {
            _tokens[id] = token;
        }

        foreach ((string token, int id) in ids)
        {
            if (_tokens[id] is { } other)
            {
                throw new InvalidDataException($"{file}: tokens '{Text.Printable(other)}' and '{Text.Printable(token)}' have the same id {id}.");
            }

            _tokens[id] = token;
        }
    }

    public string File { get; }

    public int Size => _tokens.Length;

    public IEnumerable<KeyValuePair<string, int>> Entries => _ids;

    /// <summary>
    /// Reads <c>vocab.txt</c>: a token a line, its id the number of the line from 0. Adds tokens that stand outside of it. Where a token stands on
    /// several lines the last one counts, as with Hugging Face: the triage model was trained with such a vocabulary.
    /// </summary>
    public static Vocabulary FromLines(string path, IEnumerable<(string Token, int Id)> added)
    {
        byte[] bytes = JsonFile.ReadBounded(path, MaxBytes);
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: the vocabulary is not valid UTF-8 at offset {e.Index}.", e);
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var repeated = new Dictionary<int, string>();
        using var reader = new StringReader(text);
        for (int line = 0; reader.ReadLine() is { } token; line++)
        {
            if (ids.Remove(token, out int earlier))
            {
                repeated.Add(earlier, token);
            }

            Add(ids, token, line, path, $"on line {line + 1}");
        }

        return Create(ids, repeated, added, path);
    }

    /// <summary>Reads an object of token to id, and adds tokens that stand outside of it.</summary>
    public static Vocabulary FromObject(JsonFields tokens, IEnumerable<(string Token, int Id)> added)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string token, int id) in tokens.IndexEntries(MaxEntries - 1))
        {
            Add(ids, token, id, tokens.File, $"with id {id}");
        }

        return Create(ids, [], added, tokens.File);
    }

    public bool TryGetId(string token, out int id) => _ids.TryGetValue(token, out id);

    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out id);

    public bool Contains(int id) => (uint)id < (uint)_tokens.Length && _tokens[id] is not null;

    public string TokenOf(int id) => _tokens[id]!;

    /// <summary>Whether a token stands outside of the file's list of tokens, so that the model never makes it from text.</summary>
    public bool IsOutside(int id) => _outside.Contains(id);

    /// <summary>The id of a special token, which must stand in the vocabulary exactly once.</summary>
    public int Required(string token, string role)
    {
        if (_repeated.Contains(token))
        {
            throw new InvalidDataException($"{File}: '{Text.Printable(token)}', the {role} token, is a duplicate.");
        }

        return _ids.TryGetValue(token, out int id)
            ? id
            : throw new InvalidDataException($"{File}: the vocabulary has no '{Text.Printable(token)}', the {role} token.");
    }

    private static Vocabulary Create(Dictionary<string, int> ids, Dictionary<int, string> repeated, IEnumerable<(string Token, int Id)> added, string file)
    {
        if (ids.Count == 0)
        {
            throw new InvalidDataException($"{file}: the vocabulary is empty.");
        }

        HashSet<int> outside = [];
        foreach ((string token, int id) in added)
        {
            if (!ids.TryGetValue(token, out int known))
            {
                Add(ids, token, id, file, "among the added tokens");
                outside.Add(id);
            }
            else if (known != id)
            {
                throw new InvalidDataException($"{file}: added token '{Text.Printable(token)}' has id {id}, and {known} in the vocabulary.");
            }
        }

        return new Vocabulary(ids, repeated, outside, file);
    }

    private static void Add(Dictionary<string, int> ids, string token, int id, string file, string where)
    {
        if (token.Length == 0)
        {
            throw new InvalidDataException($"{file}: there is an empty token {where}.");
        }

        if (id >= MaxEntries)
        {
            throw new InvalidDataException($"{file}: the vocabulary has more than {MaxEntries} tokens.");
        }

        if (!ids.TryAdd(token, id))
        {
            throw new InvalidDataException($"{file}: token '{Text.Printable(token)}' {where} is a duplicate.");
        }
    }
}
