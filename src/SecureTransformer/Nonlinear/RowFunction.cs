using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>What makes probabilities of rows of scores: softmax, or what takes its place in a model that was made for it. Each row of the result sums to 1.</summary>
public abstract class RowFunction
{
    /// <summary>The name of the function, such as "softmax" or "2quad".</summary>
    public abstract string Name { get; }

    /// <summary>Where it comes from: paper and section.</summary>
    public abstract string Source { get; }

    /// <summary>The function along the last axis, under a public mask.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The scores.</param>
    /// <param name="keep">
    /// Which positions take part: one for each position of the last axis, or of more of the innermost axes, repeated over the others; null for all.
    /// Others are exactly zero in the result. A row that keeps one position is 1 there.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">The mask does not repeat over the tensor in whole rows, or leaves a row empty.</exception>
    public abstract ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, bool[]? keep = null, CancellationToken cancellationToken = default);

    /// <summary>The same under one mask for all rows, at a cost that depends on the shape alone and not on the mask.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The scores.</param>
    /// <param name="keep">Which positions of the last axis take part. Others are exactly zero in the result.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">The mask is not as long as the last axis, or leaves nothing.</exception>
    public abstract ValueTask<SecretTensor> EvaluatePaddedAsync(MpcSession session, SecretTensor x, bool[] keep, CancellationToken cancellationToken = default);
}
