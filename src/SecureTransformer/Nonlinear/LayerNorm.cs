using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Layer normalisation along the last axis: (x - mean) / sqrt(biased variance + eps) * weight + bias.</summary>
/// <remarks>
/// <para>With m the mean rounded to the encoding and d = x - m: the sum of squares of d is a dot product kept with all its bits, and n d - sum(d) is n (x - mean)
/// without rounding, so that rows of equal entries give the bias exactly and rows of small variance are as right as others. The inverse square root runs once a
/// row on that sum plus n eps.</para>
/// <para>The Euclidean norm of a row must stay below 2^13 at 18 fractional bits (a single entry of 8,000, say), n below 65,536.</para>
/// <para>Error at most 1e-4 sqrt(n) / 28 for y before weight and bias, whatever the variance above 1e-6; see docs/protocols/nonlinear.md.</para>
/// </remarks>
public static class LayerNorm
{
    /// <summary>Normalises each row along the last axis.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">[..., n].</param>
    /// <param name="weight">[n], or null for ones.</param>
    /// <param name="bias">[n], or null for zeros.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">Shapes do not match, or eps is negative.</exception>
    public static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, SecretTensor? weight, SecretTensor? bias, double eps, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginOperation("layer norm");
        int n = Normalizer.RequireRow(x);
        SecretTensor work = await session.WithFractionalBitsAsync(x, Math.Min(x.FractionalBits, Normalizer.MaxBits), cancellationToken).ConfigureAwait(false);
        int bits = work.FractionalBits;

        // |mean| < 2^(31 - bits) / sqrt(n), so that mean * 2^(bits + inverseBits) stays below 2^62.
        int inverseBits = Math.Min(62 - bits, 30 + ((System.Numerics.BitOperations.Log2((uint)n) + 1) / 2));
        SecretTensor mean = session.MultiplyPublic(session.Sum(work), 1.0 / n, inverseBits);
        mean = await session.TruncateAsync(mean, bits, cancellationToken).ConfigureAwait(false);
        SecretTensor deviation = session.Subtract(work, mean);
        SecretTensor scaled = session.Subtract(session.MultiplyInteger(deviation, n), session.Sum(deviation));
        SecretTensor y = await Normalizer.ScaleAsync(session, deviation, scaled, 1 / Math.Sqrt(n), eps, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await Normalizer.AffineAsync(session, y, weight, bias, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }
}
