namespace SecureTransformer.Bench;

/// <summary>What tokens of a decoder cost.</summary>
/// <param name="Tokens">Which.</param>
/// <param name="Transport">Where the parties run.</param>
/// <param name="Sampling">Who chooses them.</param>
/// <param name="Seconds">For one, the median.</param>
/// <param name="Bytes">For one, over all parties and the client.</param>
/// <param name="Rounds">For one.</param>
internal sealed record TokenRow(string Tokens, string Transport, string Sampling, double Seconds, long Bytes, int Rounds)
{
    /// <summary>The most that is meant, where something is.</summary>
    public double? SecondsBar { get; init; }

    /// <summary>The most that is meant, where something is.</summary>
    public double? MegabytesBar { get; init; }
}
