using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>SiLU, x sigmoid(x), also called swish.</summary>
public static class Silu
{
    /// <summary>By our own fit of degree 10: error 1.8e-4 everywhere.</summary>
    public static AbsoluteFunction Default { get; } = new(
        "silu", AbsoluteForm.Remainder, 1.81e-4, 10.5,
        new PolynomialScheme(
            2, 1.3125, 20,
            new PolynomialStep(40, 20, 0, [new(1, 0, 0)]),
            new PolynomialStep(40, 20, 0, [new(1, 1, 0)]),
            new PolynomialStep(58, 20, 0.20771586447618176, [new(0.14147567749023438, 1, 2), new(-0.11089324951171875, 1, 1), new(-0.26949053020143765, 2), new(0.27620018620291376, 1), new(-0.1490987892866542, 0)]),
            new PolynomialStep(58, 18, -0.01573101322816254, [new(1, 3, 3), new(-0.05615234375, 1, 1), new(0.09580246545738191, 2), new(-0.0045043498976156116, 1), new(-0.027734868355764775, 0)])),
        x => x * Sigmoid.Logistic(x));
}
