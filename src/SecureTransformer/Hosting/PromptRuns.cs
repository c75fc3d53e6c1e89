namespace SecureTransformer.Hosting;

/// <summary>How a prompt's one-hot rows are cut for sending: each run is embedded before the next is taken, so that a party never holds more of them.</summary>
internal static class PromptRuns
{
    /// <summary>The most rows of a run. Client and parties know it.</summary>
    public const int Length = 64;

    /// <summary>The runs of so many rows.</summary>
    public static IEnumerable<(int Start, int Count)> Of(int rows)
    {
        for (int start = 0; start < rows; start += Length)
        {
            yield return (start, Math.Min(Length, rows - start));
        }
    }
}
