namespace SecureTransformer.Distillation.Differentiation;

/// <summary>Texts of different lengths, their tokens one after another as the rows of one matrix; and where their attention scores lie, text by text, head by head, [T, T] each.</summary>
internal sealed class Segments
{
    private readonly int[] _firstRows;
    private readonly int[] _firstScores;

    /// <param name="lengths">The number of tokens of each text.</param>
    /// <param name="heads">The number of attention heads.</param>
    public Segments(IReadOnlyList<int> lengths, int heads)
    {
        Lengths = lengths;
        Heads = heads;
        _firstRows = new int[lengths.Count];
        _firstScores = new int[lengths.Count];
        for (int i = 0; i < lengths.Count; i++)
        {
            _firstRows[i] = RowCount;
            _firstScores[i] = ScoreCount;
            RowCount += lengths[i];
            ScoreCount += heads * lengths[i] * lengths[i];
        }
    }

    /// <summary>The number of tokens of each text.</summary>
    public IReadOnlyList<int> Lengths { get; }

    public int Heads { get; }

    /// <summary>The number of tokens of all texts.</summary>
    public int RowCount { get; }

    /// <summary>The number of attention scores of all texts.</summary>
    public int ScoreCount { get; }

    /// <summary>The row of a text's first token.</summary>
    public int FirstRow(int text) => _firstRows[text];

    /// <summary>The place of the scores of a text and head.</summary>
    public int FirstScore(int text, int head) => _firstScores[text] + (head * Lengths[text] * Lengths[text]);

    /// <summary>The rows of the texts' first tokens.</summary>
    public ReadOnlySpan<int> FirstRows => _firstRows;
}
