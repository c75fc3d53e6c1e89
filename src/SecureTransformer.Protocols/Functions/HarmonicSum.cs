namespace SecureTransformer.Protocols;

/// <summary>
/// A function as a short trigonometric sum beside a parabola, good on one window: f(x) = c0 + <see cref="Linear"/> x + x^2 / 2^<see cref="SquareShift"/>
/// + sum over k = 1, 2, ... of <see cref="Cosines"/>[k-1] cos(2 pi k x / P) + <see cref="Sines"/>[k-1] sin(2 pi k x / P), with the period P = 2^<see cref="PeriodBits"/>.
/// </summary>
/// <remarks>
/// The window is [-P/2, P/2). The parabola and the line take away the kink that the periodic continuation would have at its ends, so that few harmonics are enough.
/// Outside the window the value is arbitrary.
/// </remarks>
public sealed class HarmonicSum
{
    /// <summary>The most harmonics of a sum.</summary>
    public const int MaxHarmonics = 32;

    private readonly double[] _cosines;
    private readonly double[] _sines;

    /// <summary>Makes a sum.</summary>
    /// <param name="periodBits">The binary logarithm of the period, 0 to 7.</param>
    /// <param name="constant">c0, below 8 in magnitude, as all factors.</param>
    /// <param name="linear">The factor of x; a multiple of 2^-8.</param>
    /// <param name="squareShift">s in x^2 / 2^s, 0 to 8; null for no square.</param>
    /// <param name="cosines">The factors of the cosines.</param>
    /// <param name="sines">The factors of the sines, as many; none by default.</param>
    /// <exception cref="ArgumentException">There is no harmonic, there are too many, the numbers of factors differ, or one is too large or not finite.</exception>
    public HarmonicSum(int periodBits, double constant, double linear, int? squareShift, IReadOnlyList<double> cosines, IReadOnlyList<double>? sines = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(periodBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(periodBits, 7);
        ArgumentOutOfRangeException.ThrowIfNegative(squareShift ?? 0, nameof(squareShift));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(squareShift ?? 0, 8, nameof(squareShift));
        ArgumentNullException.ThrowIfNull(cosines);
        if (cosines.Count is 0 or > MaxHarmonics || (sines is not null && sines.Count != cosines.Count))
        {
            throw new ArgumentException($"A sum has 1 to {MaxHarmonics} cosines and as many sines; this one has {cosines.Count} and {sines?.Count ?? 0}.", nameof(cosines));
        }

        if (!(Math.Abs(constant) < 8) || !(Math.Abs(linear) < 8) || cosines.Concat(sines ?? []).Any(factor => !(Math.Abs(factor) < 8)))
        {
            throw new ArgumentException("The constant and all factors are finite and below 8 in magnitude.", nameof(cosines));
        }

        if (Math.ScaleB(linear, 8) != Math.Round(Math.ScaleB(linear, 8)))
        {
            throw new ArgumentException($"The linear factor {linear} is no multiple of 2^-8.", nameof(linear));
        }

        PeriodBits = periodBits;
        Constant = constant;
        Linear = linear;
        SquareShift = squareShift;
        _cosines = [.. cosines];
        _sines = sines is null ? new double[_cosines.Length] : [.. sines];
    }

    /// <summary>The binary logarithm of the period.</summary>
    public int PeriodBits { get; }

    /// <summary>c0.</summary>
    public double Constant { get; }

    /// <summary>The factor of x.</summary>
    public double Linear { get; }

    /// <summary>s in x^2 / 2^s, or null.</summary>
    public int? SquareShift { get; }

    /// <summary>The number of harmonics.</summary>
    public int Harmonics => _cosines.Length;

    /// <summary>The factors of the cosines.</summary>
    public ReadOnlySpan<double> Cosines => _cosines;

    /// <summary>The factors of the sines.</summary>
    public ReadOnlySpan<double> Sines => _sines;

    /// <summary>The sum in float64.</summary>
    public double Evaluate(double x)
    {
        double value = Constant + (Linear * x) + (SquareShift is { } s ? Math.ScaleB(x * x, -s) : 0);
        for (int k = 0; k < _cosines.Length; k++)
        {
            double angle = Math.ScaleB(2 * Math.PI * (k + 1) * x, -PeriodBits);
            value += (_cosines[k] * Math.Cos(angle)) + (_sines[k] * Math.Sin(angle));
        }

        return value;
    }

    /// <summary>
    /// How the sum is accumulated for arguments of so many fractional bits: the fractional bits of the sum before its truncation, and the bits, in whole bytes, of a ring that
    /// holds it: values below 8 in magnitude.
    /// </summary>
    internal (int AccumulatorBits, int RingBits) Layout(int fractionalBits)
    {
        int bits = Math.Max(36, Math.Max((2 * fractionalBits) + (SquareShift ?? 0), fractionalBits + 8));
        return (bits, Math.Min(64, (bits + 5 + 7) / 8 * 8));
    }
}
