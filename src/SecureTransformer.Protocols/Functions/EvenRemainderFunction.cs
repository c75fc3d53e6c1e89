namespace SecureTransformer.Protocols;

/// <summary>
/// A function that is x for large x, 0 for large -x, and x / 2 plus an even function between, such as GELU:
/// f(x) = max(x - T, 0) + c / 2 + P(c^2) with c = x clamped to [-T, T].
/// </summary>
/// <remarks>Two comparisons and two selections, each pair at once, one square, and the polynomial, with c / 2 inside its last sum.</remarks>
public sealed class EvenRemainderFunction : FittedFunction
{
    /// <summary>Makes a function from the fit of P in v = c^2.</summary>
    public EvenRemainderFunction(string name, double errorBound, double limit, PolynomialScheme scheme, Func<double, double> exact)
        : base(name, errorBound, limit, scheme, exact)
    {
    }

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        (SecretTensor clamped, SecretTensor excess) = await ClampAsync(session, x, cancellationToken).ConfigureAwait(false);
        int bits = x.FractionalBits;
        SecretTensor square = await session.SquareAsync(clamped, Math.Min(17, 2 * bits), cancellationToken).ConfigureAwait(false);
        SecretTensor half = session.MultiplyPublic(clamped, 0.5, Scheme.AccumulatorBits - bits);
        clamped.Dispose();
        SecretTensor inner = await Scheme.EvaluateAsync(session, square, bits, half, cancellationToken).ConfigureAwait(false);
        return scope.Keep(session.Add(inner, excess));
    }

    private async ValueTask<(SecretTensor Clamped, SecretTensor Excess)> ClampAsync(
        MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        (SecretTensor minima, _) = await MinimaAsync(session, x, [Limit, -Limit], cancellationToken).ConfigureAwait(false);

        // min(x, T) = T + low; max(x, -T) = x - high; clamped = min(x, T) + max(x, -T) - x.
        SecretTensor low = Part(session, minima, 0, x.Shape);
        SecretTensor high = Part(session, minima, 1, x.Shape);
        SecretTensor clamped = session.AddPublic(session.Subtract(low, high), Limit);
        SecretTensor excess = session.AddPublic(session.Subtract(x, low), -Limit);
        return (scope.Keep(clamped), scope.Keep(excess));
    }
}
