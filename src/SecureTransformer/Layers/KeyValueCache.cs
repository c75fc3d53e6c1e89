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
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        _session = session;
        _keys = new SecretTensor?[layers];
        _values = new SecretTensor?[layers];
        _rows = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
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
        if (lengths.Count != Sequences || lengths.Any(l => l < 0) || lengths.Sum() < 1)
        {
            throw new ArgumentException($"The new tokens [{string.Join(", ", lengths)}] do not fit {Sequences} sequences, of which one at least has some.", nameof(lengths));
        }

        return _step = new DecoderStep(this, lengths, allRows);
    }

    /// <summary>Forgets the tokens of a sequence from a position on. Their rows are freed when nothing is behind them; the others are copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sequence is shorter.</exception>
    public void Truncate(int sequence, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireComplete();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LengthOf(sequence));
        if (length == LengthOf(sequence))
        {
            return;
        }

        _rows[sequence].RemoveRange(length, LengthOf(sequence) - length);
        int[] kept = [.. _rows.SelectMany(r => r).Order()];
        for (int layer = 0; layer < Layers; layer++)
        {
            Replace(ref _keys[layer], rows => Compact(rows, kept));
            Replace(ref _values[layer], rows => Compact(rows, kept));
        }

        var places = new Dictionary<int, int>(kept.Select((row, place) => KeyValuePair.Create(row, place)));
        foreach (List<int> rows in _rows)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                rows[i] = places[rows[i]];
            }
        }

        _count = kept.Length;
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
        using SecretTensor flat = _session.Reshape(rows, new TensorShape(heads * total, width));
        using SecretTensor gathered = _session.GatherRows(flat, [.. Enumerable.Range(0, heads).SelectMany(h => kept.Select(row => (h * total) + row))]);
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
