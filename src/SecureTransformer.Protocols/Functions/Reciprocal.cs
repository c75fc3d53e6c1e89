namespace SecureTransformer.Protocols;

/// <summary>1 / x for positive x; 0 for x = 0.</summary>
/// <remarks>
/// <para>The argument is normalised to c in [1/2, 1] (<see cref="MpcSession.NormalizeAsync"/>); 1 / c is a minimax polynomial of degree 8 (three truncated products,
/// relative error 3.3e-7); the power of two is multiplied back.</para>
/// <para>As a ring element the argument must lie in [2^<see cref="MinimumBits"/>, 2^<see cref="Width"/>), or be 0; outside, the result is wrong without a word.
/// The result has the fractional bits of x. It is wrong by at most one unit in its last place plus a relative 2^-20 where Width - MinimumBits is at most 40
/// (2^(Width-MinimumBits-60) beyond).</para>
/// </remarks>
public sealed class Reciprocal : SecretFunction
{
    private static readonly PolynomialScheme s_scheme = new(
        -2, 3, 26,
        new PolynomialStep(52, 21, 0, [new(1, 0, 0)]),
        new PolynomialStep(60, 23, 1.2059384936330302, [new(0.06502532958984375, 1, 1), new(-0.097412109375, 1, 0), new(0.14606464593271085, 1), new(-0.43850206438219175, 0)]),
        new PolynomialStep(60, 28, 1.2424403567364657, [new(0.0625, 2, 2), new(-0.0267333984375, 1, 0), new(0.11411117439456575, 1), new(-0.37834052386460826, 0)]));

    private readonly bool _mayBeZero;

    /// <summary>Makes a reciprocal for a known range.</summary>
    /// <param name="width">Arguments are below 2^width as ring elements; at most 62.</param>
    /// <param name="minimumBits">Arguments are at least 2^minimumBits as ring elements.</param>
    /// <param name="mayBeZero">Whether an argument may also be 0; that costs a little more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is out of range, or the range spans less than two bits or more than 50.</exception>
    public Reciprocal(int width = 40, int minimumBits = 0, bool mayBeZero = true)
    {
        Normalization.RequireRange(width, minimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width - minimumBits, 50, nameof(width));
        Width = width;
        MinimumBits = minimumBits;
        _mayBeZero = mayBeZero;
    }

    /// <summary>For arguments up to 2^22 at 18 fractional bits.</summary>
    public static Reciprocal Default { get; } = new();

    /// <summary>The argument is below 2^Width as a ring element.</summary>
    public int Width { get; }

    /// <summary>The argument is at least 2^MinimumBits as a ring element, or 0.</summary>
    public int MinimumBits { get; }

    /// <inheritdoc/>
    public override string Name => "reciprocal";

    /// <inheritdoc/>
    public override string Source => "fitted; see docs/protocols/nonlinear.md";

    /// <summary>Relative to the result; one unit in the last place comes on top.</summary>
    public override double ErrorBound => 4e-7 + Math.ScaleB(1, Math.Max(Width - MinimumBits - 60, -28));

    /// <inheritdoc/>
    public override int? ArgumentBits => Width;

    /// <inheritdoc/>
    public override double Exact(double x) => x == 0 ? 0 : 1 / x;

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        int width = Math.Max(Width, Normalization.Bits);
        NormalizingScale scale = await session.NormalizeAsync(x, width, MinimumBits, _mayBeZero, squareRoot: false, cancellationToken).ConfigureAwait(false);
        SecretTensor mantissa = await Normalization.MantissaAsync(session, x, scale, width, cancellationToken).ConfigureAwait(false);

        // 1 / x = (1 / c) 2^s 2^(f-W), below 2^61 as a ring element with g bits of 1 / c. Where g may shrink so that no truncation is left, it does.
        int f = x.FractionalBits;
        int g = Math.Min(28, 61 - (width - MinimumBits));
        int excess = g + width - f - f;
        g = Math.Max(Math.Min(g, 22), g - Math.Max(excess, 0));
        SecretTensor p = await s_scheme.EvaluateAsync(session, mantissa, g, null, cancellationToken).ConfigureAwait(false);
        SecretTensor scaled = session.MultiplyPowerOfTwo(p, f - width);
        SecretTensor result = await session.MultiplyAsync(scaled, scale.Scale, Math.Min(f, scaled.FractionalBits), cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.WithFractionalBitsAsync(result, f, cancellationToken).ConfigureAwait(false));
    }
}
