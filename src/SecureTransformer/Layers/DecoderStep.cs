namespace SecureTransformer.Layers;

/// <summary>
/// One pass of new tokens through a decoder: which sequence and position each row belongs to, and what it may attend to. All of it is public.
/// Rows of several sequences stand one after another, without padding; only attention, which takes each sequence by itself, fills them up to the longest.
/// </summary>
public sealed class DecoderStep
{
    private readonly int[] _positions;
    private readonly int[] _lengths;

    internal DecoderStep(KeyValueCache cache, IReadOnlyList<int> lengths, bool allRows)
    {
        Cache = cache;
        _lengths = [.. lengths];
        _positions = [.. lengths.SelectMany((length, sequence) => Enumerable.Range(cache.LengthOf(sequence), length))];
        for (int sequence = 0; sequence < _lengths.Length; sequence++)
        {
            cache.Reserve(sequence, _lengths[sequence]);
        }

        var ends = new List<int>();
        int end = 0;
        foreach (int length in _lengths)
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

    /// <summary>The longest sequence, in tokens.</summary>
    internal int KeyCount => Enumerable.Range(0, _lengths.Length).Max(Cache.LengthOf);

    /// <summary>Which sequence a new row belongs to.</summary>
    internal IEnumerable<(int Row, int Sequence)> Rows => _lengths.SelectMany((length, sequence) => Enumerable.Repeat(sequence, length)).Select((sequence, row) => (row, sequence));
}
