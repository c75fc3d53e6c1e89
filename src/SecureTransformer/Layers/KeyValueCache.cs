using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>
/// The keys and values of the tokens that a decoder has seen, as shares, for each block and sequence. A new token costs one row.
/// How many tokens there are is public; what they are is not.
/// </summary>
/// <remarks>The rows live in the session until the cache is disposed, which zeroes and frees them, or the session ends.</remarks>
public sealed class KeyValueCache : IDisposable
{
    private readonly MpcSession _session;
    private readonly SecretTensor?[] _keys;
    private readonly SecretTensor?[] _values;
    private readonly List<int>[] _rows;
    private int _count;
    private DecoderStep? _step;
    private bool _disposed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="session">The session that computes, and owns the rows.</param>
    /// <param name="layers">The number of the model's blocks.</param>
    /// <param name="sequences">The number of texts that are continued side by side.</param>
    public KeyValueCache(MpcSession session, int layers, int sequences = 1)
        : this(session, layers, sequences, AttentionPlan.MaxScores)
    {
    }

    internal KeyValueCache(MpcSession session, int layers, int sequences, long maxScores)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        _session = session;
        _keys = new SecretTensor?[layers];
        _values = new SecretTensor?[layers];
        _rows = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
        MaxScores = maxScores;
    }

    /// <summary>The number of blocks.</summary>
    public int Layers => _keys.Length;

    /// <summary>The number of sequences.</summary>
    public int Sequences => _rows.Length;

    /// <summary>The number of tokens of a sequence.</summary>
    public int LengthOf(int sequence) => _rows[sequence].Count;

    /// <summary>Begins a pass of new tokens through the model. One pass at a time; the one before must have gone through all blocks.</summary>
    /// <param name="lengths">The number of new tokens of each sequence; 0 for a sequence that rests.</param>
    /// <param name="allRows">Whether an output is wanted for every new token; by default for the last of each sequence.</param>
    /// <exception cref="ArgumentException">The number of lengths is not that of the sequences, or no token is new.</exception>
    /// <exception cref="InvalidOperationException">The pass before did not complete: the cache holds its rows in some blocks only.</exception>
    public DecoderStep Begin(IReadOnlyList<int> lengths, bool allRows = false)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireComplete();
        if (lengths.Count != Sequences || lengths.Any(l => l < 0) || lengths.Sum(l => (long)l) is < 1 or > TensorShape.MaxCount)
        {
            throw new ArgumentException($"The new tokens [{string.Join(", ", lengths)}] do not fit {Sequences} sequences, of which one at least has some.", nameof(lengths));
        }

        return _step = new DecoderStep(this, lengths, allRows);
    }

    /// <summary>Forgets the tokens of a sequence from a position on; see <see cref="Truncate(ReadOnlySpan{int})"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence, or it is shorter.</exception>
    public void Truncate(int sequence, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Sequences);
        int[] lengths = [.. _rows.Select(rows => rows.Count)];
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, lengths[sequence]);
        lengths[sequence] = length;
        Truncate(lengths);
    }

    /// <summary>Forgets the tokens of every sequence from a position on. What is kept is copied once, block by block, unless nothing is forgotten.</summary>
    /// <param name="lengths">The number of tokens that each sequence keeps.</param>
    /// <exception cref="ArgumentException">The number of lengths is not that of the sequences.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A sequence is shorter.</exception>
    /// <exception cref="InvalidOperationException">The pass before did not complete.</exception>
    public void Truncate(ReadOnlySpan<int> lengths)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireComplete();
        if (lengths.Length != Sequences)
        {
            throw new ArgumentException($"{lengths.Length} lengths for {Sequences} sequences.", nameof(lengths));
        }

        int left = 0;
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            if (lengths[sequence] < 0 || lengths[sequence] > LengthOf(sequence))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(lengths), lengths[sequence], $"Sequence {sequence} has {LengthOf(sequence)} tokens.");
            }

            left += lengths[sequence];
        }

        if (left == _count)
        {
            return;
        }

        // What is kept moves up in the order in which it stands.
        var kept = new bool[_count];
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            List<int> rows = _rows[sequence];
            rows.RemoveRange(lengths[sequence], rows.Count - lengths[sequence]);
            foreach (int row in rows)
            {
                kept[row] = true;
            }
        }

        var from = new int[left];
        var to = new int[_count];
        int next = 0;
        for (int row = 0; row < kept.Length; row++)
        {
            if (kept[row])
            {
                from[next] = row;
                to[row] = next++;
            }
        }

        foreach (List<int> rows in _rows)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                rows[i] = to[rows[i]];
            }
        }

        _count = left;
        for (int layer = 0; layer < Layers; layer++)
        {
            Replace(ref _keys[layer], rows => Compact(rows, from));
            Replace(ref _values[layer], rows => Compact(rows, from));
        }
    }

    /// <summary>Zeroes and frees the rows.</summary>
    public void Dispose()
    {
        _disposed = true;
        for (int layer = 0; layer < Layers; layer++)
        {
            _keys[layer]?.Dispose();
            _values[layer]?.Dispose();
        }
    }

    /// <summary>Row of each position of a sequence, once the step's rows are in.</summary>
    internal IReadOnlyList<int> RowsOf(int sequence) => _rows[sequence];

    internal int RowCount => _count;

    /// <summary>The most scores of one block of attention's rows; see <see cref="AttentionPlan.MaxScores"/>.</summary>
    internal long MaxScores { get; }

    /// <summary>Counts the rows that a step is about to add; the row of the first.</summary>
    internal void Reserve(int sequence, int rows)
    {
        _rows[sequence].AddRange(Enumerable.Range(_count, rows));
        _count += rows;
    }

    /// <summary>Adds a step's rows [kv heads, N, d] of a block and gives all of it, [kv heads, rows, d]; they stay the cache's.</summary>
    internal (SecretTensor Keys, SecretTensor Values) Append(DecoderStep step, int layer, SecretTensor keys, SecretTensor values)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!ReferenceEquals(step, _step) || step.NextLayer != layer)
        {
            throw new InvalidOperationException($"Block {layer} is not the one whose rows come next; each pass goes through the blocks in order, once.");
        }

        Replace(ref _keys[layer], old => Join(old, keys));
        Replace(ref _values[layer], old => Join(old, values));
        step.NextLayer++;
        return (_keys[layer]!, _values[layer]!);
    }

    // Concatenating copies, also when nothing was there: the cache must not hold on to what the rows were cut from.
    private SecretTensor Join(SecretTensor? old, SecretTensor added) => _session.Retain(_session.Concatenate(old is null ? [added] : [old, added], 1));

    private SecretTensor? Compact(SecretTensor? rows, int[] kept)
    {
        if (rows is null || kept.Length == 0)
        {
            return null;
        }

        int heads = rows.Shape[0];
        int total = rows.Shape[1];
        int width = rows.Shape[2];
        var places = new int[checked(heads * kept.Length)];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (i / kept.Length * total) + kept[i % kept.Length];
        }

        using SecretTensor flat = _session.Reshape(rows, new TensorShape((long)heads * total, width));
        using SecretTensor gathered = _session.GatherRows(flat, places);
        return _session.Retain(_session.Reshape(gathered, new TensorShape(heads, kept.Length, width)));
    }

    private static void Replace(ref SecretTensor? place, Func<SecretTensor?, SecretTensor?> change)
    {
        SecretTensor? old = place;
        place = change(old);
        old?.Dispose();
    }

    private void RequireComplete()
    {
        if (_step is { } step && step.NextLayer != Layers)
        {
            throw new InvalidOperationException("A pass through the model did not complete, so that some blocks miss its rows. Begin a new cache.");
        }
    }
}
