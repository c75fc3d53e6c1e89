using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>x / sqrt(mean of x^2 + eps) * weight along the last axis (Zhang and Sennrich, 2019).</summary>
public sealed class SecureRmsNorm : SecureNorm
{
    private readonly SecretTensor _weight;
    private readonly double _eps;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="weight">The gains, [H].</param>
    /// <param name="eps">The constant added to the mean of squares.</param>
    /// <exception cref="ArgumentException">The gains are no vector.</exception>
    public SecureRmsNorm(SecretTensor weight, double eps)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Shape.Rank != 1)
        {
            throw new ArgumentException($"The gains of an RMSNorm are a vector; these have the shape {weight.Shape}.", nameof(weight));
        }

        _weight = weight;
        _eps = eps;
    }

    /// <inheritdoc/>
    public override ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken = default) =>
        RmsNorm.EvaluateAsync(session, x, _weight, _eps, cancellationToken);

    private protected override void DisposeCore() => _weight.Dispose();
}
