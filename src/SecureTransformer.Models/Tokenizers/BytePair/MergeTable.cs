namespace SecureTransformer.Models;

/// <summary>
/// The learnt merges of byte-pair encoding (Sennrich et al., 2016, section 3.2). A word starts as its smallest symbols; while some neighbours
/// are a known pair, the pair that was learnt first, and of equals the leftmost, becomes one symbol.
/// </summary>
internal sealed class MergeTable
{
    public const int MaxMerges = Vocabulary.MaxEntries;

    private const int OnStack = 128;

    private readonly Dictionary<long, (int Rank, int Id)> _merges = [];

    /// <param name="merges">The pairs, in the order in which they were learnt. Of a repeated pair the last place counts, as with Hugging Face.</param>
    /// <param name="vocabulary">Has both parts of each pair, and what they merge into.</param>
    /// <param name="file">Where the merges come from.</param>
    public MergeTable(IEnumerable<(string Left, string Right)> merges, Vocabulary vocabulary, string file)
    {
        int rank = 0;
        foreach ((string left, string right) in merges)
        {
            if (rank == MaxMerges)
            {
                throw new InvalidDataException($"{file}: there are more than {MaxMerges} merges.");
            }

            int merged = Find(left + right);
            _merges[Key(Find(left), Find(right))] = (rank++, merged);
        }

        int Find(string token) => vocabulary.TryGetId(token, out int id) && !vocabulary.IsOutside(id)
            ? id
            : throw new InvalidDataException($"{file}: merge {rank + 1} needs '{Text.Printable(token)}', which the vocabulary does not have.");
    }

    /// <summary>Merges the symbols of a word in place. Time O(n log n), as each merge removes a symbol and queues at most two new pairs.</summary>
    /// <returns>How many symbols, at the start of the span, are left.</returns>
    public int Apply(Span<int> symbols)
    {
        int length = symbols.Length;
        if (length < 2)
        {
            return length;
        }

        Span<int> next = length <= OnStack ? stackalloc int[length] : new int[length];
        Span<int> previous = length <= OnStack ? stackalloc int[length] : new int[length];
        var queue = new MergeQueue(stackalloc long[OnStack]);
        for (int i = 0; i < length; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
            if (i + 1 < length && Find(symbols[i], symbols[i + 1], out int rank, out _))
            {
                queue.Push(rank, i);
            }
        }

        const int removed = -1;
        while (queue.TryPop(out int rank, out int left))
        {
            int right = next[left];
            if (symbols[left] == removed || right == length || !Find(symbols[left], symbols[right], out int current, out int merged) || current != rank)
            {
                // The pair was queued before one of its symbols became part of another.
                continue;
            }

            symbols[left] = merged;
            symbols[right] = removed;
            int after = next[right];
            next[left] = after;
            if (after < length)
            {
                previous[after] = left;
                if (Find(merged, symbols[after], out int afterRank, out _))
                {
                    queue.Push(afterRank, left);
                }
            }

            int before = previous[left];
            if (before >= 0 && Find(symbols[before], merged, out int beforeRank, out _))
            {
                queue.Push(beforeRank, before);
            }
        }

        int count = 0;
        for (int i = 0; i < length; i = next[i])
        {
            symbols[count++] = symbols[i];
        }

        return count;
    }

    private bool Find(int left, int right, out int rank, out int id)
    {
        bool found = _merges.TryGetValue(Key(left, right), out (int Rank, int Id) merge);
        (rank, id) = merge;
        return found;
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
