namespace SecureTransformer.Layers;

/// <summary>
/// Where the rows of one block of a step's attention stand: queries as [sequences * kv heads, group * R, d] and keys as [sequences * kv heads, T, d], R the most
/// asking rows of any sequence and T the most keys that any may attend to. Only sequences that ask are in it. The blocks of a model share it.
/// </summary>
internal sealed class AttentionPlan
{
    private readonly int[][] _positions;

    /// <summary>The most scores of one block, filled up: one tensor is 16 MB a component, and of three parties each holds 300 to 450 MB then.</summary>
    public const long MaxScores = 1 << 21;

    /// <summary>The most scores of one run that only fill up: about 9 MB, which is worth the rounds of a run more.</summary>
    public const long MaxFilling = 1 << 18;

    /// <param name="step">The step, whose rows the cache has already counted.</param>
    /// <param name="rows">The new rows that ask; the others are only asked.</param>
    /// <param name="heads">The number of heads of queries.</param>
    /// <param name="keyValueHeads">The number of heads of keys and values.</param>
    public AttentionPlan(DecoderStep step, ReadOnlySpan<int> rows, int heads, int keyValueHeads)
    {
        KeyValueCache cache = step.Cache;
        RowCount = rows.Length;
        var numbers = new int[cache.Sequences];
        Array.Fill(numbers, -1);
        var sequences = new List<int>();
        var queries = new List<List<int>>();
        var places = new (int Sequence, int Place)[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            ref int number = ref numbers[step.SequenceOf(rows[i])];
            if (number < 0)
            {
                number = sequences.Count;
                sequences.Add(step.SequenceOf(rows[i]));
                queries.Add([]);
            }

            places[i] = (number, queries[number].Count);
            queries[number].Add(rows[i]);
            QueryCount = Math.Max(QueryCount, queries[number].Count);
            KeyCount = Math.Max(KeyCount, step.Positions[rows[i]] + 1);
        }

        Sequences = sequences.Count;
        if (Sequences > 1 || rows.Length < step.Count)
        {
            QueryRows = Places(heads, QueryCount, step.Count, sequence => queries[sequence]);
        }

        IReadOnlyList<int> first = cache.RowsOf(sequences[0]);
        KeyStart = first[0];
        if (Sequences > 1 || first[KeyCount - 1] - KeyStart != KeyCount - 1)
        {
            KeyRows = Places(keyValueHeads, KeyCount, cache.RowCount, sequence => cache.RowsOf(sequences[sequence]));
        }

        _positions = [.. queries.Select(asked => asked.Select(row => step.Positions[row]).ToArray())];
        ContextRows = new int[checked(rows.Length * heads)];
        int next = 0;
        foreach ((int sequence, int place) in places)
        {
            for (int head = 0; head < heads; head++)
            {
                ContextRows[next++] = checked((((sequence * heads) + head) * QueryCount) + place);
            }
        }
    }

    /// <summary>The number of rows that ask.</summary>
    public int RowCount { get; }

    /// <summary>The number of sequences that ask.</summary>
    public int Sequences { get; }

    /// <summary>R.</summary>
    public int QueryCount { get; }

    /// <summary>T.</summary>
    public int KeyCount { get; }

    /// <summary>Rows of [heads * N] for queries; null where they stand as they are.</summary>
    public int[]? QueryRows { get; }

    /// <summary>Rows of [kv heads * cached rows] for keys; null where they are the run of T from <see cref="KeyStart"/>.</summary>
    public int[]? KeyRows { get; }

    /// <summary>The row of the first sequence's first key.</summary>
    public int KeyStart { get; }

    /// <summary>Rows of [sequences * heads * R] for the contexts of the asking rows, [rows, heads].</summary>
    public int[] ContextRows { get; }

    /// <summary>
    /// The plans of runs of rows, one after another, each as long as its scores, filled up, are at most <paramref name="maxScores"/>, and those that only fill up at most
    /// <see cref="MaxFilling"/>, so that short texts beside a long one cost what they would by themselves; a run has one row at least.
    /// Of a long prompt a run reaches only to its last row's key, so that many runs together are about half of the square.
    /// </summary>
    public static IReadOnlyList<AttentionPlan> Create(DecoderStep step, IReadOnlyList<int> rows, int heads, int keyValueHeads, long maxScores)
    {
        int[] all = [.. rows];
        var plans = new List<AttentionPlan>();
        var asking = new int[step.Cache.Sequences];
        var asked = new int[step.Cache.Sequences];
        (int start, int sequences, int queries, int keys, long needed) = (0, 0, 0, 0, 0);
        for (int i = 0; i < all.Length; i++)
        {
            int sequence = step.SequenceOf(all[i]);
            int longest = Math.Max(keys, step.Positions[all[i]] + 1);
            int most = Math.Max(queries, asking[sequence] + 1);
            int together = asking[sequence] == 0 ? sequences + 1 : sequences;
            long scores = checked((long)together * most * heads * longest);
            long own = Own(sequence, all[i]);
            if (i > start && (scores > maxScores || scores - needed - own > MaxFilling))
            {
                plans.Add(new AttentionPlan(step, all.AsSpan(start..i), heads, keyValueHeads));
                Array.Clear(asking);
                Array.Clear(asked);
                needed = 0;
                (start, together, most, longest) = (i, 1, 1, step.Positions[all[i]] + 1);
                own = Own(sequence, all[i]);
            }

            asking[sequence]++;
            asked[sequence] = Math.Max(asked[sequence], step.Positions[all[i]] + 1);
            needed += own;
            (sequences, queries, keys) = (together, most, longest);
        }

        plans.Add(new AttentionPlan(step, all.AsSpan(start..), heads, keyValueHeads));
        return plans;

        // The scores that a sequence by itself has more with one more row.
        long Own(int sequence, int row) =>
            heads * (((asking[sequence] + 1L) * Math.Max(asked[sequence], step.Positions[row] + 1)) - ((long)asking[sequence] * asked[sequence]));
    }

    /// <summary>
    /// What each query attends to: itself and what is before it in its sequence. A row that fills up attends to one key, which costs nothing in softmax.
    /// Null where all attend to all. It is as large as the scores, or of one sequence as those of a head, and so made at each use.
    /// </summary>
    public bool[]? MakeMask(int heads)
    {
        int repeats = Sequences == 1 ? 1 : heads;
        var keep = new bool[checked(Sequences * repeats * QueryCount * KeyCount)];
        int next = 0;
        bool all = true;
        foreach (int[] positions in _positions)
        {
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                for (int r = 0; r < QueryCount; r++)
                {
                    int kept = 1 + (r < positions.Length ? positions[r] : 0);
                    keep.AsSpan(next, kept).Fill(true);
                    all &= kept == KeyCount;
                    next += KeyCount;
                }
            }
        }

        return all ? null : keep;
    }

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
                    places[next++] = checked((head * stride) + (i < rows.Count ? rows[i] : 0));
                }
            }
        }

        return places;
    }
}
