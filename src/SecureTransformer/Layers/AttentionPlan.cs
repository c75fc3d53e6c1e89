namespace SecureTransformer.Layers;

/// <summary>
/// Where the rows of a step's attention stand: queries as [sequences * kv heads, group * R, d] and keys as [sequences * kv heads, T, d], R and T the most of any
/// sequence. One sequence needs no moving, and of its queries all or some. The blocks of a pass share it.
/// </summary>
internal sealed class AttentionPlan
{
    /// <param name="step">The step.</param>
    /// <param name="rows">The new rows that ask; the others are only asked.</param>
    /// <param name="heads">The number of heads of queries.</param>
    /// <param name="keyValueHeads">The number of heads of keys and values.</param>
    public AttentionPlan(DecoderStep step, IReadOnlyList<int> rows, int heads, int keyValueHeads)
    {
        KeyValueCache cache = step.Cache;
        Sequences = cache.Sequences;
        List<int>[] queries = [.. Enumerable.Range(0, Sequences).Select(_ => new List<int>())];
        foreach (int row in rows)
        {
            queries[step.SequenceOf(row)].Add(row);
        }

        QueryCount = queries.Max(q => q.Count);
        KeyCount = Enumerable.Range(0, Sequences).Max(cache.LengthOf);
        if (Sequences > 1 || rows.Count < step.Count)
        {
            QueryRows = Places(heads, QueryCount, step.Count, sequence => queries[sequence]);
        }

        if (Sequences > 1)
        {
            KeyRows = Places(keyValueHeads, KeyCount, cache.RowCount, cache.RowsOf);
        }

        Keep = KeepOf(step, queries, Sequences == 1 ? 1 : heads);
        ContextRows = new int[rows.Count * heads];
        int next = 0;
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            for (int r = 0; r < queries[sequence].Count; r++)
            {
                for (int head = 0; head < heads; head++)
                {
                    ContextRows[next++] = (((sequence * heads) + head) * QueryCount) + r;
                }
            }
        }
    }

    public int Sequences { get; }

    /// <summary>R.</summary>
    public int QueryCount { get; }

    /// <summary>T.</summary>
    public int KeyCount { get; }

    /// <summary>Rows of [heads * N] for queries; null where they stand as they are.</summary>
    public int[]? QueryRows { get; }

    /// <summary>Rows of [kv heads * cached rows] for keys; null where they stand as they are.</summary>
    public int[]? KeyRows { get; }

    /// <summary>
    /// What each query attends to: itself and what is before it in its sequence. A row that fills up attends to one key, the cheapest. Null where all attend to all.
    /// </summary>
    public bool[]? Keep { get; }

    /// <summary>Rows of [sequences * heads * R] for the contexts of the asking rows, [rows, heads].</summary>
    public int[] ContextRows { get; }

    /// <summary>Places of each sequence's rows in a tensor of so many rows a head, head by head; what fills up repeats the first.</summary>
    private int[] Places(int heads, int count, int stride, Func<int, IReadOnlyList<int>> rowsOf)
    {
        var places = new int[checked(Sequences * heads * count)];
        int next = 0;
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            IReadOnlyList<int> rows = rowsOf(sequence);
            for (int head = 0; head < heads; head++)
            {
                for (int i = 0; i < count; i++)
                {
                    places[next++] = (head * stride) + (i < rows.Count ? rows[i] : 0);
                }
            }
        }

        return places;
    }

    private bool[]? KeepOf(DecoderStep step, List<int>[] queries, int repeats)
    {
        var keep = new bool[checked(Sequences * repeats * QueryCount * KeyCount)];
        int next = 0;
        bool all = true;
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                for (int r = 0; r < QueryCount; r++)
                {
                    int kept = 1 + (r < queries[sequence].Count ? step.Positions[queries[sequence][r]] : 0);
                    keep.AsSpan(next, kept).Fill(true);
                    all &= kept == KeyCount;
                    next += KeyCount;
                }
            }
        }

        return all ? null : keep;
    }
}
