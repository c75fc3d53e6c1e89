using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Weights made again of kept shares: whole, or as runs of rows that never stand in memory together.</summary>
internal sealed class KeptWeights(MpcSession session, Func<string, IShareReader> shares, int runElements = KeptWeights.RunElements)
{
    /// <summary>Elements of one run, where a row is not longer: 16 MB a component.</summary>
    public const int RunElements = 1 << 21;

    public ValueTask<SecretTensor> ReceiveAsync(WeightSpec weight, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(session.Restore(shares(weight.Name), weight.Shape));
    }

    public IEnumerable<SecretTensor> Runs(WeightSpec weight, CancellationToken cancellationToken)
    {
        IShareReader share = shares(weight.Name);
        foreach ((int start, int length) in Cut(weight.Shape, runElements))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return session.Restore(share, weight.Shape, start, length);
        }
    }

    /// <summary>Cuts a matrix into runs of rows of about as many elements, at least one row each.</summary>
    public static IEnumerable<(int Start, int Length)> Cut(TensorShape shape, int elements)
    {
        int rows = shape[0];
        int step = Math.Max(1, elements / (shape.Count / rows));
        for (int start = 0; start < rows; start += step)
        {
            yield return (start, Math.Min(step, rows - start));
        }
    }
}
