namespace SecureTransformer.Protocols;

/// <summary>A public factor over the square root of a positive x; 0 for x = 0.</summary>
/// <remarks>
/// <para>The argument is normalised to c in [1/2, 1] (<see cref="MpcSession.NormalizeAsync"/>); 1 / sqrt c is a minimax polynomial of degree 8 (three truncated products,
/// relative error 9e-8); one product brings the factor and the parity of the exponent, another the power of two.</para>
/// <para>As a ring element the argument must lie in [2^<see cref="MinimumBits"/>, 2^<see cref="Width"/>), or be 0; outside, the result is wrong without a word.
/// The result has the fractional bits of x. It is wrong by at most one unit in its last place plus a relative 2^-21.</para>
/// </remarks>
public sealed class InverseSquareRoot : SecretFunction
{
    private const int FactorBits = 30;

    private static readonly PolynomialScheme s_scheme = new(
        -2, 3, 26,
        new PolynomialStep(52, 21, 0, [new(1, 0, 0)]),
        new PolynomialStep(60, 23, 0.7110455393559854, [new(0.02661895751953125, 1, 1), new(-0.0418701171875, 1, 0), new(0.07186604277740116, 1), new(-0.23165646387496963, 0)]),
        new PolynomialStep(60, 28, 1.12310144967613, [new(0.0625, 2, 2), new(-0.007568359375, 1, 0), new(0.038370522252080264, 1), new(-0.17185986117692664, 0)]));

    private readonly bool _mayBeZero;

    /// <summary>Makes an inverse square root for a known range.</summary>
    /// <param name="factor">The public numerator, positive.</param>
    /// <param name="width">Arguments are below 2^width as ring elements; at most 62.</param>
    /// <param name="minimumBits">Arguments are at least 2^minimumBits as ring elements.</param>
    /// <param name="mayBeZero">Whether an argument may also be 0; that costs a little more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is out of range, or the range spans less than two bits; or the factor is not from 2^-16 to 2^16.</exception>
    public InverseSquareRoot(double factor = 1, int width = 40, int minimumBits = 0, bool mayBeZero = true)
    {
        Normalization.RequireRange(width, minimumBits);
        if (!(factor is >= 1.0 / 65536 and <= 65536))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor must lie between 2^-16 and 2^16.");
        }

        Factor = factor;
        Width = width;
        MinimumBits = minimumBits;
        _mayBeZero = mayBeZero;
    }

    /// <summary>1 / sqrt x for arguments up to 2^22 at 18 fractional bits.</summary>
    public static InverseSquareRoot Default { get; } = new();

    /// <summary>The numerator.</summary>
    public double Factor { get; }

    /// <summary>The argument is below 2^Width as a ring element.</summary>
    public int Width { get; }

    /// <summary>The argument is at least 2^MinimumBits as a ring element, or 0.</summary>
    public int MinimumBits { get; }

    /// <inheritdoc/>
    public override string Name => "inverse square root";

    /// <inheritdoc/>
    public override string Source => "fitted; see docs/protocols/nonlinear.md";

    /// <summary>Relative to the result; one unit in the last place comes on top.</summary>
    public override double ErrorBound => 5e-7;

    /// <inheritdoc/>
    public override int? ArgumentBits => Width;

    /// <inheritdoc/>
    public override double Exact(double x) => x == 0 ? 0 : Factor / Math.Sqrt(x);

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        int width = Math.Max(Width, Normalization.Bits);
        NormalizingScale scale = await session.NormalizeAsync(x, width, MinimumBits, _mayBeZero, squareRoot: true, cancellationToken).ConfigureAwait(false);
        SecretTensor mantissa = await Normalization.MantissaAsync(session, x, scale, width, cancellationToken).ConfigureAwait(false);
        SecretTensor p = await s_scheme.EvaluateAsync(session, mantissa, 28, null, cancellationToken).ConfigureAwait(false);

        // s = 2j + r: F / sqrt x = (1 / sqrt c) (F 2^((r + o) / 2)) 2^j 2^q with 2q + o = f - W. The bracket is k 2^m with k from 1 to 2 sqrt 2.
        int f = x.FractionalBits;
        int difference = f - width;
        int o = difference & 1;
        double factor = o == 1 ? Factor * Math.Sqrt(2) : Factor;
        int m = Math.ILogB(factor);
        factor = Math.ScaleB(factor, -m);
        int power = ((difference - o) / 2) + m;
        SecretTensor k = session.AddPublic(session.MultiplyPublic(scale.Odd!, factor * (Math.Sqrt(2) - 1), FactorBits), factor);

        // With g bits of the bracket the product has g - power of them: fewer where that saves the last truncation. The ring element stays below 2^61.
        int g = Math.Min(28, 59 - ((width - MinimumBits) / 2));
        g = Math.Max(Math.Min(g, 22), g - Math.Max(g - power - f, 0));
        SecretTensor scaled = await session.MultiplyAsync(p, k, g, cancellationToken).ConfigureAwait(false);
        scaled = session.MultiplyPowerOfTwo(scaled, power);
        SecretTensor result = await session.MultiplyAsync(scaled, scale.Half!, Math.Min(f, scaled.FractionalBits), cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.WithFractionalBitsAsync(result, f, cancellationToken).ConfigureAwait(false));
    }
}
