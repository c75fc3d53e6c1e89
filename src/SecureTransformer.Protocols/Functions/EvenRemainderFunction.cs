namespace SecureTransformer.Protocols;

/// <summary>
/// A function that is x for large x, 0 for large -x, and x / 2 plus an even function between, such as GELU. With addition theorems
/// f(x) = [-T &lt;= x &lt; T] h(x) + [x &gt;= T] x + e, with a trigonometric sum h; else f(x) = max(x - T, 0) + c / 2 + P(c^2) with c = x clamped to [-T, T].
/// </summary>
/// <remarks>
/// With addition theorems: one comparison with the window, the sum, and two selections at once; nothing is clamped, since an arbitrary value times a bit that is zero is zero.
/// Else two comparisons and two selections, each pair at once, one square, and the polynomial, with c / 2 inside its last sum.
/// </remarks>
public sealed class EvenRemainderFunction : FittedFunction
{
    private readonly HarmonicSum _harmonics;
    private readonly double _beyond;

    /// <summary>Makes a function from the fits of P in v = c^2 and of h.</summary>
    /// <param name="name">The name.</param>
    /// <param name="errorBound">The larger error of the two.</param>
    /// <param name="limit">T; half the period of <paramref name="harmonics"/>.</param>
    /// <param name="scheme">P.</param>
    /// <param name="harmonics">h.</param>
    /// <param name="beyond">e, which halves the error at the window's ends.</param>
    /// <param name="exact">The exact function.</param>
    /// <exception cref="ArgumentException">The period is not twice the limit.</exception>
    public EvenRemainderFunction(
        string name, double errorBound, double limit, PolynomialScheme scheme, HarmonicSum harmonics, double beyond, Func<double, double> exact)
        : base(name, errorBound, limit, scheme, exact)
    {
        ArgumentNullException.ThrowIfNull(harmonics);
        if (Math.ScaleB(1, harmonics.PeriodBits) != 2 * limit)
        {
            throw new ArgumentException($"A sum of the period 2^{harmonics.PeriodBits} does not belong to the window [{-limit}, {limit}).", nameof(harmonics));
        }

        _harmonics = harmonics;
        _beyond = beyond;
    }

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        return scope.Keep(
            session.HasAdditionTheorems
                ? await ByHarmonicsAsync(session, x, cancellationToken).ConfigureAwait(false)
                : await ByPolynomialAsync(session, x, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<SecretTensor> ByHarmonicsAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        // The sum goes on smoothly beyond the window's ends, so that these need not be exact: 2^-8 costs less than 2e-6.
        int windowBits = _harmonics.PeriodBits + x.FractionalBits;
        int slackBits = Math.Max(0, x.FractionalBits - 7);
        (SecretBits inside, SecretBits below) = await session.WindowAsync(x, windowBits, Width, slackBits, cancellationToken).ConfigureAwait(false);
        SecretBits above = session.Not(session.Xor(inside, below));
        SecretTensor within = await session.HarmonicSumAsync(_harmonics, x, cancellationToken).ConfigureAwait(false);
        SecretTensor sum = await session.SumOfSelectedAsync([new(inside, within), new(above, x)], cancellationToken).ConfigureAwait(false);
        return session.AddPublic(sum, _beyond);
    }

    private async ValueTask<SecretTensor> ByPolynomialAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        (SecretTensor clamped, SecretTensor excess) = await ClampAsync(session, x, cancellationToken).ConfigureAwait(false);
        int bits = x.FractionalBits;
        SecretTensor square = await session.SquareAsync(clamped, Math.Min(17, 2 * bits), cancellationToken).ConfigureAwait(false);
        SecretTensor half = session.MultiplyPublic(clamped, 0.5, Scheme.AccumulatorBits - bits);
        clamped.Dispose();
        SecretTensor inner = await Scheme.EvaluateAsync(session, square, bits, half, cancellationToken).ConfigureAwait(false);
        return session.Add(inner, excess);
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
