namespace SecureTransformer.Protocols;

/// <summary>A positive number as a mantissa in [1/2, 1] and a power of two.</summary>
internal static class Normalization
{
    /// <summary>Fractional bits of the mantissa, and the least width.</summary>
    public const int Bits = 28;

    /// <summary>x times its scale, read at width fractional bits and truncated to <see cref="Bits"/>; 1/2 where x is zero, so that polynomials stay in range.</summary>
    public static async ValueTask<SecretTensor> MantissaAsync(
        MpcSession session, SecretTensor x, NormalizingScale scale, int width, CancellationToken cancellationToken)
    {
        SecretTensor fraction = session.MultiplyPowerOfTwo(x, x.FractionalBits - width);
        SecretTensor zero = session.AddPublic(session.Negate(scale.NonZero), 1);
        SecretTensor half = session.MultiplyPowerOfTwo(session.MultiplyInteger(zero, 1L << (width - 1)), -width);
        return await session.SumOfProductsAsync([new SecretProduct(fraction, scale.Scale)], half, Bits, cancellationToken).ConfigureAwait(false);
    }

    public static void RequireRange(int width, int minimumBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
    }
}
