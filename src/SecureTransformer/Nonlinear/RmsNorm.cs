using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Root-mean-square normalisation along the last axis: x / sqrt(mean of x^2 + eps) * weight.</summary>
/// <remarks>
/// As <see cref="LayerNorm"/> without the mean: the sum of squares is a dot product kept with all its bits. The Euclidean norm of a row must stay below 2^13
/// at 18 fractional bits, n below 65,536.
/// </remarks>
public static class RmsNorm
{
    /// <summary>Normalises each row along the last axis.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">[..., n].</param>
    /// <param name="weight">[n], or null for ones.</param>
    /// <param name="eps">Added to the mean of squares.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">Shapes do not match, or eps is negative.</exception>
    public static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, SecretTensor? weight, double eps, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginOperation("rms norm");
        int n = Normalizer.RequireRow(x);
        SecretTensor work = await session.WithFractionalBitsAsync(x, Math.Min(x.FractionalBits, Normalizer.MaxBits), cancellationToken).ConfigureAwait(false);
        SecretTensor y = await Normalizer.ScaleAsync(session, work, work, Math.Sqrt(n), eps, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await Normalizer.AffineAsync(session, y, weight, null, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }
}
