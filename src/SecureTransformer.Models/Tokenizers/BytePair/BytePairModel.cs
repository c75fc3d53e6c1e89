namespace SecureTransformer.Models;

/// <summary>Turns a word into token ids: its smallest symbols, merged.</summary>
internal abstract class BytePairModel
{
    private const int OnStack = 256;

    private readonly MergeTable _merges;
    private readonly Vocabulary? _whole;
    private readonly int _longest;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;

    private protected BytePairModel(MergeTable merges, Vocabulary vocabulary, BytePairOptions options)
    {
        _merges = merges;
        _whole = options.IgnoreMerges ? vocabulary : null;
        _longest = vocabulary.Entries.Max(e => e.Key.Length);
        _unknown = options.Unknown;
        _fuseUnknown = options.FuseUnknown;
    }

    /// <exception cref="ArgumentException">The vocabulary cannot express the word, and has no token for what is unknown.</exception>
    public void Append(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.IsEmpty)
        {
            return;
        }

        if (_whole is not null && word.Length <= _longest && FindWhole(word) is { } whole)
        {
            ids.Add(whole);
            return;
        }

        int most = MaxSymbols(word);
        Span<int> symbols = most <= OnStack ? stackalloc int[most] : new int[most];
        symbols = symbols[..Split(word, symbols)];
        foreach (int id in symbols[.._merges.Apply(symbols)])
        {
            ids.Add(id);
        }
    }

    private protected abstract int MaxSymbols(ReadOnlySpan<char> word);

    /// <returns>The number of symbols written.</returns>
    private protected abstract int Split(ReadOnlySpan<char> word, Span<int> symbols);

    /// <summary>The word as the vocabulary writes it.</summary>
    private protected abstract ReadOnlySpan<char> Spell(ReadOnlySpan<char> word);

    /// <summary>Writes the unknown token, once for neighbours if they are to be fused.</summary>
    private protected int AppendUnknown(Span<int> symbols, int count, bool afterUnknown)
    {
        int unknown = _unknown ?? throw new ArgumentException("The text has a character that this tokenizer's vocabulary cannot express, and no token stands for unknown ones.");
        if (!_fuseUnknown || !afterUnknown)
        {
            symbols[count++] = unknown;
        }

        return count;
    }

    private int? FindWhole(ReadOnlySpan<char> word) =>
        _whole!.TryGetId(Spell(word), out int id) && !_whole.IsOutside(id) ? id : null;
}
