namespace SecureTransformer.Protocols;

/// <summary>How a function of x follows from a polynomial in t = min(|x|, T).</summary>
public enum AbsoluteForm
{
    /// <summary>f(x) = max(x, 0) - p(t), such as SiLU.</summary>
    Remainder,

    /// <summary>f(x) = p(t) for x at or above 0, else -p(t), such as tanh.</summary>
    Odd,

    /// <summary>f(x) = p(t) for x at or above 0, else 1 - p(t), such as the sigmoid.</summary>
    Complement,
}

/// <summary>A function that follows from a polynomial in t = min(|x|, T).</summary>
/// <remarks>
/// Three comparisons and three selections, each at once: with n(c) = min(x - c, 0), t = T - 2 n(0) + n(T) + n(-T). Then the polynomial and, for the two
/// forms with a sign, one more selection.
/// </remarks>
public sealed class AbsoluteFunction : FittedFunction
{
    private readonly AbsoluteForm _form;

    /// <summary>Makes a function from the fit of p in t.</summary>
    public AbsoluteFunction(string name, AbsoluteForm form, double errorBound, double limit, PolynomialScheme scheme, Func<double, double> exact)
        : base(name, errorBound, limit, scheme, exact) => _form = form;

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        (SecretTensor t, SecretTensor negative, SecretBits below) = await ClampAsync(session, x, cancellationToken).ConfigureAwait(false);
        SecretTensor p = await Scheme.EvaluateAsync(session, t, x.FractionalBits, null, cancellationToken).ConfigureAwait(false);
        t.Dispose();
        if (_form == AbsoluteForm.Remainder)
        {
            return scope.Keep(session.Subtract(session.Subtract(x, negative), p));
        }

        double centre = _form == AbsoluteForm.Odd ? 0 : 0.5;
        SecretTensor odd = centre == 0 ? p : session.AddPublic(p, -centre);
        SecretTensor flipped = await session.MultiplyBitAsync(below, odd, cancellationToken).ConfigureAwait(false);
        return scope.Keep(session.Subtract(p, session.MultiplyInteger(flipped, 2)));
    }

    private async ValueTask<(SecretTensor T, SecretTensor Negative, SecretBits Below)> ClampAsync(
        MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        (SecretTensor minima, SecretBits bits) = await MinimaAsync(session, x, [0, Limit, -Limit], cancellationToken).ConfigureAwait(false);
        SecretTensor negative = Part(session, minima, 0, x.Shape);
        SecretTensor sum = session.Add(Part(session, minima, 1, x.Shape), Part(session, minima, 2, x.Shape));
        SecretTensor t = session.AddPublic(session.Subtract(sum, session.MultiplyInteger(negative, 2)), Limit);
        SecretBits below = session.Reshape(session.Slice(bits, 0, x.Shape.Count), x.Shape);
        return (scope.Keep(t), scope.Keep(negative), scope.Keep(below));
    }
}
