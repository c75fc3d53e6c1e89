namespace SecureTransformer.Distillation.Networks;

/// <summary>Texts that go through a network together, without padding: their tokens one after another.</summary>
internal sealed class TextBatch
{
    /// <param name="texts">The token ids of each text.</param>
    /// <param name="labels">The class of each text.</param>
    public TextBatch(IReadOnlyList<int[]> texts, int[] labels)
    {
        Lengths = [.. texts.Select(t => t.Length)];
        Tokens = [.. texts.SelectMany(t => t)];
        Positions = [.. texts.SelectMany(t => Enumerable.Range(0, t.Length))];
        Labels = labels;
    }

    public IReadOnlyList<int> Lengths { get; }

    public int[] Tokens { get; }

    public int[] Positions { get; }

    public int[] Labels { get; }
}
