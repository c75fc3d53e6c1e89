namespace SecureTransformer.Protocols;

/// <summary>What a part of a run costs and how long it takes.</summary>
public sealed class PartEstimate
{
    internal PartEstimate(string part, OperationCost cost, double computeSeconds, double networkSeconds, double seconds)
    {
        Part = part;
        Cost = cost;
        ComputeSeconds = computeSeconds;
        NetworkSeconds = networkSeconds;
        Seconds = seconds;
    }

    /// <summary>The part: a scope, such as "encoder.layer.0/attention".</summary>
    public string Part { get; }

    /// <summary>Bytes over all parties and the client, and by how many messages the longest chain grows in this part.</summary>
    public OperationCost Cost { get; }

    /// <summary>Seconds on a network that takes no time.</summary>
    public double ComputeSeconds { get; }

    /// <summary>Seconds of machines that take no time.</summary>
    public double NetworkSeconds { get; }

    /// <summary>Seconds: at most the sum of the two, since sending and computing overlap.</summary>
    public double Seconds { get; }
}
