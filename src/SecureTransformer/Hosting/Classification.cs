using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>The answer to a classification, which the client alone sees, and what it cost.</summary>
public sealed class Classification
{
    internal Classification(double[] logits, IReadOnlyList<string> labels, Cost cost, IReadOnlyList<PartyFault> faults)
    {
        Logits = logits;
        Cost = cost;
        Faults = faults;
        double largest = logits.Max();
        double[] powers = [.. logits.Select(l => Math.Exp(l - largest))];
        double sum = powers.Sum();
        Probabilities = [.. powers.Select(p => p / sum)];
        Label = labels[Array.IndexOf(logits, largest)];
        Labels = labels;
    }

    /// <summary>The most probable label.</summary>
    public string Label { get; }

    /// <summary>All labels, in the model's order.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The probability of each label.</summary>
    public IReadOnlyList<double> Probabilities { get; }

    /// <summary>The logit of each label.</summary>
    public IReadOnlyList<double> Logits { get; }

    /// <summary>Seconds, bytes and rounds.</summary>
    public Cost Cost { get; }

    /// <summary>
    /// The parties whose shares of the answer were wrong or did not come, where the answer is certain without them; empty otherwise, and always where a protocol needs all shares.
    /// </summary>
    public IReadOnlyList<PartyFault> Faults { get; }

    /// <summary>The type's name, never the answer.</summary>
    public override string ToString() => nameof(Classification);
}
