namespace SecureTransformer.Protocols;

/// <summary>Division of secrets by secrets.</summary>
public static class DivisionExtensions
{
    /// <summary>x / y, element by element; y of any sign, broadcast to the shape of x; 0 where y is 0.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor, below 2^22 in magnitude at 18 fractional bits.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// At 18 fractional bits the quotient must be below 2^19 in magnitude. The reciprocal has six bits more than y: the error is at most |x| 2^-24 + 3e-6 |x / y| and one unit in
    /// the last place. A sign, a reciprocal, two selections and a product.
    /// </remarks>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public static async ValueTask<SecretTensor> DivideAsync(
        this MpcSession session, SecretTensor x, SecretTensor y, CancellationToken cancellationToken = default)
    {
        const int ExtraBits = 6;
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        using SessionScope scope = session.BeginScope();
        SecretBits negative = await session.LessThanZeroAsync(y, cancellationToken: cancellationToken).ConfigureAwait(false);
        SecretTensor part = await session.MultiplyBitAsync(negative, y, cancellationToken).ConfigureAwait(false);
        SecretTensor magnitude = session.Subtract(y, session.MultiplyInteger(part, 2));
        magnitude = session.MultiplyPublic(magnitude, 1, ExtraBits);
        SecretTensor reciprocal = await session.EvaluateAsync(new Reciprocal(40 + ExtraBits, ExtraBits), magnitude, cancellationToken).ConfigureAwait(false);
        part = await session.MultiplyBitAsync(negative, reciprocal, cancellationToken).ConfigureAwait(false);
        reciprocal = session.Subtract(reciprocal, session.MultiplyInteger(part, 2));
        return scope.Keep(await session.MultiplyAsync(x, reciprocal, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }
}
