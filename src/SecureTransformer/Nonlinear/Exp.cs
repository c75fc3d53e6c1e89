using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>exp(x) for x at or below 0, as softmax needs it.</summary>
public static class Exp
{
    /// <summary>exp itself where a protocol has addition theorems (error 8e-6, zero below -14); else by our own fit, the square of a polynomial of degree 8 on [-14, 0]: error 1.6e-5 everywhere, on average 2e-6 below -14.</summary>
    public static ExponentialFunction Default { get; } = new(
        "exp", 1.6e-5, 14,
        new PolynomialScheme(
            3, -0.875, 21,
            new PolynomialStep(42, 22, 0, [new(1, 0, 0)]),
            new PolynomialStep(58, 22, 0.32329535349147387, [new(0.342041015625, 1, 1), new(0.15740966796875, 1, 0), new(0.10971771777258255, 1), new(0.34918245080916677, 0)]),
            new PolynomialStep(58, 28, -0.0743280605141457, [new(1, 2, 2), new(0.136627197265625, 1, 0), new(0.047437268105568364, 1), new(-0.1045078205424943, 0)]),
            new PolynomialStep(56, 18, 0, [new(1, 3, 3)])));

    /// <summary>PUMA's approximation (1 + x / 2^t)^(2^t), and 0 below -14 (arXiv 2307.12533, section 4.2), for comparison. PUMA takes t = 5: error 0.0085.</summary>
    /// <param name="t">The number of squarings, 1 to 12. The error is about 0.27 / 2^t, and the rounding of the squarings about 2^(t-18).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is not from 1 to 12.</exception>
    public static SecretFunction Puma(int t) => new PumaExp(t);
}
