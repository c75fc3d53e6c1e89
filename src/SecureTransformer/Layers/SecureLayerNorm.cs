using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>(x - mean) / sqrt(variance + eps) * weight + bias along the last axis, with the biased variance (Ba et al., 2016).</summary>
public sealed class SecureLayerNorm : SecureNorm
{
    private readonly SecretTensor _weight;
    private readonly SecretTensor _bias;
    private readonly double _eps;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="weight">The gains, [H].</param>
    /// <param name="bias">The offsets, [H].</param>
    /// <param name="eps">The constant added to the variance.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public SecureLayerNorm(SecretTensor weight, SecretTensor bias, double eps)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        if (weight.Shape.Rank != 1 || bias.Shape != weight.Shape)
        {
            throw new ArgumentException($"Gains {weight.Shape} and offsets {bias.Shape} of a LayerNorm are vectors of the same length.", nameof(bias));
        }

        _weight = weight;
        _bias = bias;
        _eps = eps;
    }

    /// <inheritdoc/>
    public override ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken = default) =>
        LayerNorm.EvaluateAsync(session, x, _weight, _bias, _eps, cancellationToken);

    private protected override void DisposeCore()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
