namespace SecureTransformer.Layers;

/// <summary>
/// Where the rows of a step's attention stand: queries as [sequences * kv heads, group * R, d] and keys as [sequences * kv heads, T, d], R and T the most of any
/// sequence. One sequence needs no moving, and of its queries all or some.
/// </summary>
internal sealed class AttentionPlan
{
    private readonly DecoderStep _step;
    private readonly int _heads;
    private readonly int _keyValueHeads;
    private readonly List<int>[] _queries;

    /// <param name="step">The step.</param>
    /// <param name="rows">The new rows that ask; the others are only asked.</param>
    /// <param name="heads">The number of heads of queries.</param>
    /// <param name="keyValueHeads">The number of heads of keys and values.</param>
    public AttentionPlan(DecoderStep step, IReadOnlyList<int> rows, int heads, int keyValueHeads)
    {
        _step = step;
        _heads = heads;
        _keyValueHeads = keyValueHeads;
        var wanted = rows.ToHashSet();
        _queries = [.. Enumerable.Range(0, Sequences).Select(_ => new List<int>())];
        foreach ((int row, int sequence) in step.Rows)
        {
            if (wanted.Contains(row))
            {
                _queries[sequence].Add(row);
            }
        }

        QueryCount = _queries.Max(q => q.Count);
        AllRows = rows.Count == step.Count;
    }

    public int Sequences => _step.Cache.Sequences;

    /// <summary>R.</summary>
    public int QueryCount { get; }

    /// <summary>T.</summary>
    public int KeyCount => _step.KeyCount;

    private bool AllRows { get; }

    /// <summary>Rows of [heads * N] for queries; null where they stand as they are.</summary>
    public int[]? QueryRows => Sequences == 1 && AllRows
        ? null
        : [.. from sequence in Enumerable.Range(0, Sequences)
              from head in Enumerable.Range(0, _heads)
              from r in Enumerable.Range(0, QueryCount)
              select (head * _step.Count) + (r < _queries[sequence].Count ? _queries[sequence][r] : 0)];

    /// <summary>Rows of [kv heads * cached rows] for keys; null where they stand as they are.</summary>
    public int[]? KeyRows => Sequences == 1
        ? null
        : [.. from sequence in Enumerable.Range(0, Sequences)
              let rows = _step.Cache.RowsOf(sequence)
              from head in Enumerable.Range(0, _keyValueHeads)
              from t in Enumerable.Range(0, KeyCount)
              select (head * _step.Cache.RowCount) + (t < rows.Count ? rows[t] : 0)];

    /// <summary>
    /// What each query attends to: itself and what is before it in its sequence. A row that fills up attends to one key, the cheapest. Null where all attend to all.
    /// </summary>
    public bool[]? Keep
    {
        get
        {
            int repeats = Sequences == 1 ? 1 : _heads;
            bool[] keep = [.. from sequence in Enumerable.Range(0, Sequences)
                              from repeat in Enumerable.Range(0, repeats)
                              from r in Enumerable.Range(0, QueryCount)
                              let last = r < _queries[sequence].Count ? _step.Positions[_queries[sequence][r]] : 0
                              from t in Enumerable.Range(0, KeyCount)
                              select t <= last];
            return keep.AsSpan().IndexOf(false) < 0 ? null : keep;
        }
    }

    /// <summary>Rows of [sequences * heads * R] for the contexts of the asking rows, [rows, heads].</summary>
    public int[] ContextRows =>
        [.. from sequence in Enumerable.Range(0, Sequences)
            from r in Enumerable.Range(0, _queries[sequence].Count)
            from head in Enumerable.Range(0, _heads)
            select (((sequence * _heads) + head) * QueryCount) + r];
}
