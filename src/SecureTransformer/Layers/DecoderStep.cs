namespace SecureTransformer.Layers;

/// <summary>
/// One pass of new tokens through a decoder: which sequence and position each row belongs to, and what it may attend to. All of it is public.
/// Rows of several sequences stand one after another, without padding; only attention, which takes each sequence by itself, fills them up to the longest.
/// </summary>
public sealed class DecoderStep
{
    private readonly int[] _positions;
    private readonly int[] _sequences;
    private (IReadOnlyList<int> Rows, int Heads, int KeyValueHeads, IReadOnlyList<AttentionPlan> Plans)? _plans;

    internal DecoderStep(KeyValueCache cache, IReadOnlyList<int> lengths, bool allRows)
    {
        Cache = cache;
        _sequences = [.. lengths.SelectMany((length, sequence) => Enumerable.Repeat(sequence, length))];
        _positions = [.. lengths.SelectMany((length, sequence) => Enumerable.Range(cache.LengthOf(sequence), length))];
        for (int sequence = 0; sequence < lengths.Count; sequence++)
        {
            cache.Reserve(sequence, lengths[sequence]);
        }

        var ends = new List<int>();
        int end = 0;
        foreach (int length in lengths)
        {
            end += length;
            if (length > 0)
            {
                ends.Add(end - 1);
            }
        }

        OutputRows = allRows ? [.. Enumerable.Range(0, Count)] : ends;
    }

    /// <summary>The cache that the rows are added to.</summary>
    public KeyValueCache Cache { get; }

    /// <summary>The number of new rows, over all sequences.</summary>
    public int Count => _positions.Length;

    /// <summary>The position of each new row in its sequence.</summary>
    public IReadOnlyList<int> Positions => _positions;

    /// <summary>The rows whose output is wanted, in order.</summary>
    public IReadOnlyList<int> OutputRows { get; }

    internal int NextLayer { get; set; }

    /// <summary>Which sequence a new row belongs to.</summary>
    internal int SequenceOf(int row) => _sequences[row];

    /// <summary>Where the rows of attention stand, run by run: the same for all blocks that ask for the same rows.</summary>
    internal IReadOnlyList<AttentionPlan> PlansOf(IReadOnlyList<int> rows, int heads, int keyValueHeads)
    {
        if (_plans is not { } known || !ReferenceEquals(known.Rows, rows) || known.Heads != heads || known.KeyValueHeads != keyValueHeads)
        {
            _plans = known = (rows, heads, keyValueHeads, AttentionPlan.Create(this, rows, heads, keyValueHeads, Cache.MaxScores));
        }

        return known.Plans;
    }
}
