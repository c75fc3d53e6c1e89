namespace SecureTransformer.Protocols;

/// <summary>A function of x at or below zero that is near zero below -T, such as exp for softmax: f(x) = p(max(x, -T)).</summary>
/// <remarks>One comparison, one selection and the polynomial. Arguments above zero are outside the domain.</remarks>
public sealed class LowerClampedFunction : FittedFunction
{
    /// <summary>Makes a function from the fit of p on [-T, 0].</summary>
    public LowerClampedFunction(string name, double errorBound, double limit, PolynomialScheme scheme, Func<double, double> exact)
        : base(name, errorBound, limit, scheme, exact)
    {
    }

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        (SecretTensor minimum, _) = await MinimaAsync(session, x, [-Limit], cancellationToken).ConfigureAwait(false);
        SecretTensor clamped = session.Subtract(x, session.Reshape(minimum, x.Shape));
        return scope.Keep(await Scheme.EvaluateAsync(session, clamped, x.FractionalBits, null, cancellationToken).ConfigureAwait(false));
    }
}
