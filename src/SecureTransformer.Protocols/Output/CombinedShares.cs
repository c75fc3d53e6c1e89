namespace SecureTransformer.Protocols;

/// <summary>Values that shares determine for certain, and the parties whose shares contradict them.</summary>
internal sealed class CombinedShares(double[] values, IReadOnlyList<int> wrong)
{
    public double[] Values => values;

    public IReadOnlyList<int> Wrong => wrong;
}
