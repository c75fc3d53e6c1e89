using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The logistic function 1 / (1 + exp(-x)).</summary>
public static class Sigmoid
{
    /// <summary>By our own fit: error 1.5e-4 everywhere.</summary>
    public static AbsoluteFunction Default { get; } = new(
        "sigmoid", AbsoluteForm.Complement, 1.52e-4, 8.5,
        new PolynomialScheme(
            2, 1.0625, 20,
            new PolynomialStep(40, 20, 0, [new(1, 0, 0)]),
            new PolynomialStep(58, 20, -0.2647175950890135, [new(0.12337112426757812, 1, 1), new(-0.22241592407226562, 1, 0), new(-0.07795760806766339, 1), new(0.1983808294935443, 0)]),
            new PolynomialStep(58, 18, 0.9157183274900017, [new(1, 2, 2), new(0.04790496826171875, 1, 0), new(-0.1834282641466416, 1), new(0.16047203992275172, 0)])),
        Logistic);

    /// <summary>Exact to rounding on both sides.</summary>
    internal static double Logistic(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return (x >= 0 ? 1 : e) / (1 + e);
    }
}
