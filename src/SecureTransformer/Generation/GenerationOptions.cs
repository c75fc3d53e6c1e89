namespace SecureTransformer.Generation;

/// <summary>How a text is continued.</summary>
public sealed class GenerationOptions
{
    /// <summary>The most tokens that are made; without <see cref="StopEarly"/>, always as many are computed. Public. The default is 64.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Who chooses the next token. Public. The default is the client.</summary>
    public TokenSampling Sampling { get; init; } = TokenSampling.Client;

    /// <summary>0, the default, takes the token with the largest logit; above, up to 100, tokens are drawn with the probabilities softmax(logits / temperature). Public with private sampling.</summary>
    public double Temperature { get; init; }

    /// <summary>Draws from so many of the likeliest tokens only; null for all. For the client's sampling.</summary>
    public int? TopK { get; init; }

    /// <summary>Draws from the likeliest tokens that together have this probability; null for all. For the client's sampling.</summary>
    public double? TopP { get; init; }

    /// <summary>Draws the same tokens each time; null for fresh randomness. For the client's sampling.</summary>
    public long? Seed { get; init; }

    /// <summary>
    /// Whether the parties stop when the text has ended, which tells them its length. By default they compute on to <see cref="MaxNewTokens"/>,
    /// and what comes after the end is not shown.
    /// </summary>
    public bool StopEarly { get; init; }

    /// <summary>The tokens that end a text; null for those of the model's configuration, empty for none.</summary>
    public IReadOnlyList<int>? EndTokenIds { get; init; }

    /// <summary>Whether each token carries the logits it was chosen from; see <see cref="GeneratedToken.Logits"/>. For the client's sampling.</summary>
    public bool IncludeLogits { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    /// <exception cref="ArgumentException">A property does not go with private sampling; the message says why.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxNewTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Temperature);
        if (!(Temperature <= PrivateChoice.MaxTemperature))
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, $"A temperature is at most {PrivateChoice.MaxTemperature}.");
        }

        if (!Enum.IsDefined(Sampling))
        {
            throw new ArgumentOutOfRangeException(nameof(Sampling), Sampling, "Not a way of sampling.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(TopK ?? 1, 1, nameof(TopK));
        if (TopP is { } p && !(p is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(TopP), p, "A probability is above 0 and at most 1.");
        }

        if (Sampling == TokenSampling.Private)
        {
            Refuse(Seed is not null, nameof(Seed), "a client who knew the noise could search out the logits from the tokens; the parties draw it");
            Refuse(TopK is not null, nameof(TopK), "the parties do not know which tokens are the likeliest, and finding out costs a sort of the vocabulary");
            Refuse(TopP is not null, nameof(TopP), "the parties do not know which tokens are the likeliest, and finding out costs a sort of the vocabulary");
            Refuse(IncludeLogits, nameof(IncludeLogits), "nobody learns the logits");
        }
    }

    private static void Refuse(bool given, string name, string why)
    {
        if (given)
        {
            throw new ArgumentException($"{name} does not go with private sampling: {why}. Leave it out, or let the client sample.", name);
        }
    }
}
