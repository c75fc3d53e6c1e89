namespace SecureTransformer.Protocols;

/// <summary>exp(x) for x at or below zero, as softmax needs it: with addition theorems [x &gt;= -T] exp(x), where the end may be 1/32 off, else p(max(x, -T)).</summary>
/// <remarks>
/// One comparison and either the protocol's exponential, which also takes arguments up to 0.69, or one selection and the polynomial, for which arguments above zero are outside
/// the domain.
/// </remarks>
public sealed class ExponentialFunction : FittedFunction
{
    /// <summary>The binary logarithm of how far from where it is asked for the comparison may cut.</summary>
    private const int SlackLog2 = 2;

    /// <summary>Makes the function from the fit of p on [-T, 0].</summary>
    public ExponentialFunction(string name, double errorBound, double limit, PolynomialScheme scheme)
        : base(name, errorBound, limit, scheme, Math.Exp)
    {
    }

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        if (session.HasAdditionTheorems)
        {
            // Kept from -T up, dropped below -T - 8, and in between either: exp itself is good down to -28.
            SecretTensor excess = session.AddPublic(x, Limit + (1 << SlackLog2));
            int slackBits = Math.Clamp(x.FractionalBits + 1 + SlackLog2, 0, Width - 2);
            SecretBits below = await session.RoughlyLessThanZeroAsync(excess, Width, slackBits, cancellationToken).ConfigureAwait(false);
            return scope.Keep(await session.ExponentialAsync(x, session.Not(below), cancellationToken).ConfigureAwait(false));
        }

        (SecretTensor minimum, _) = await MinimaAsync(session, x, [-Limit], cancellationToken).ConfigureAwait(false);
        SecretTensor clamped = session.Subtract(x, session.Reshape(minimum, x.Shape));
        return scope.Keep(await Scheme.EvaluateAsync(session, clamped, x.FractionalBits, null, cancellationToken).ConfigureAwait(false));
    }
}
