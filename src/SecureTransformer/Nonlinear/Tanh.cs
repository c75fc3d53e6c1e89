using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The hyperbolic tangent.</summary>
public static class Tanh
{
    /// <summary>By our own fit: error 3.0e-4 everywhere, also at 0.</summary>
    public static AbsoluteFunction Default { get; } = new(
        "tanh", AbsoluteForm.Odd, 3.0e-4, 4.25,
        new PolynomialScheme(
            1, 1.0625, 19,
            new PolynomialStep(38, 20, 0, [new(1, 0, 0)]),
            new PolynomialStep(58, 20, -0.3743696153256934, [new(0.17447662353515625, 1, 1), new(-0.314544677734375, 1, 0), new(-0.11025936997975805, 1), new(0.2805432608256524, 0)]),
            new PolynomialStep(58, 18, 0.8314350171906126, [new(1, 2, 2), new(0.09580802917480469, 1, 0), new(-0.3668615434944513, 1), new(0.32093873980193166, 0)])),
        Math.Tanh);
}
