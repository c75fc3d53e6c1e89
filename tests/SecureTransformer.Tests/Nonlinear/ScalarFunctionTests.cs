using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Nonlinear;

public class ScalarFunctionTests(ITestOutputHelper output)
{
    private static SecretFunction Function(string name) => name switch
    {
        "gelu_erf" => Gelu.Erf,
        "gelu_tanh" => Gelu.Tanh,
        "silu" => Silu.Default,
        "tanh" => Tanh.Default,
        "sigmoid" => Sigmoid.Default,
        "exp_nonpositive" => Exp.Default,
        "reciprocal" => Reciprocal.Default,
        "rsqrt" => InverseSquareRoot.Default,
        _ => throw new ArgumentException(name),
    };

    [Theory]
    [InlineData("gelu_erf")]
    [InlineData("gelu_tanh")]
    [InlineData("silu")]
    [InlineData("tanh")]
    [InlineData("sigmoid")]
    [InlineData("exp_nonpositive")]
    [InlineData("reciprocal")]
    [InlineData("rsqrt")]
    public async Task Float64_is_exact(string name)
    {
        (double[] x, double[] y) = ReferenceFunctions.Default.Scalars(name);
        double[] actual = await Programs.EvaluateAsync(MpcProtocol.PlaintextFloat64, Function(name), x);
        for (int i = 0; i < x.Length; i++)
        {
            if (!(Math.Abs(actual[i] - y[i]) <= 1e-12 * Math.Abs(y[i]) + 1e-300))
            {
                Assert.Fail($"{name}({x[i]:R}) = {actual[i]:R}, expected {y[i]:R}");
            }
        }
    }

    [Theory]
    [InlineData("gelu_erf", 0.001, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("gelu_erf", 0.001, MpcProtocol.Replicated3)]
    [InlineData("gelu_erf", 0.001, MpcProtocol.Additive)]
    [InlineData("gelu_tanh", 0.001, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("gelu_tanh", 0.001, MpcProtocol.Replicated3)]
    [InlineData("gelu_tanh", 0.001, MpcProtocol.Additive)]
    [InlineData("silu", 0.0006, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("silu", 0.0006, MpcProtocol.Replicated3)]
    [InlineData("silu", 0.0006, MpcProtocol.Additive)]
    [InlineData("tanh", 0.001, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("tanh", 0.001, MpcProtocol.Replicated3)]
    [InlineData("tanh", 0.001, MpcProtocol.Additive)]
    [InlineData("sigmoid", 0.001, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("sigmoid", 0.001, MpcProtocol.Replicated3)]
    [InlineData("sigmoid", 0.001, MpcProtocol.Additive)]
    [InlineData("exp_nonpositive", 0.0002, MpcProtocol.PlaintextFixedPoint)]
    [InlineData("exp_nonpositive", 0.0002, MpcProtocol.Replicated3)]
    [InlineData("exp_nonpositive", 0.0002, MpcProtocol.Additive)]
    public async Task Fixed_point_meets_the_bar_and_the_functions_own_bound(string name, double bar, MpcProtocol protocol)
    {
        (double[] x, double[] y) = ReferenceFunctions.Default.Scalars(name);
        double[] actual = await Programs.EvaluateAsync(protocol, Function(name), x);
        double worst = actual.Zip(y, (a, b) => Math.Abs(a - b)).Max();
        output.WriteLine($"{name} {protocol}: {worst:E2}");
        Assert.True(worst <= bar, $"{worst} is above the bar {bar}.");

        // Reference inputs that are no multiples of 2^-18 are off by half a unit when they are encoded.
        Assert.True(worst <= Function(name).ErrorBound + 2.2e-6, $"{worst} is above the function's own bound {Function(name).ErrorBound}.");
    }

    [Theory]
    [InlineData("reciprocal", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("reciprocal", MpcProtocol.Replicated3)]
    [InlineData("reciprocal", MpcProtocol.Additive)]
    [InlineData("rsqrt", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("rsqrt", MpcProtocol.Replicated3)]
    [InlineData("rsqrt", MpcProtocol.Additive)]
    public async Task Reciprocals_of_the_encoded_input_are_right_to_a_ten_thousandth_or_four_units(string name, MpcProtocol protocol)
    {
        (double[] x, _) = ReferenceFunctions.Default.Scalars(name);
        SecretFunction function = Function(name);
        double[] actual = await Programs.EvaluateAsync(protocol, function, x);
        double worstRelative = 0;
        double worstUnits = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double expected = function.Exact(Math.Round(Math.ScaleB(x[i], 18)) / (1 << 18));
            double error = Math.Abs(actual[i] - expected);
            if (!(error <= Math.Max(1e-4 * expected, Math.ScaleB(4, -18))))
            {
                Assert.Fail($"{name}({x[i]:R}) = {actual[i]:R}, expected {expected:R}");
            }

            if (!(error <= (function.ErrorBound * expected) + Math.ScaleB(1, -18)))
            {
                Assert.Fail($"{name}({x[i]:R}) = {actual[i]:R} misses the function's own bound.");
            }

            double excess = Math.Max(0, error - Math.ScaleB(1, -18));
            worstRelative = Math.Max(worstRelative, excess / expected);
            worstUnits = Math.Max(worstUnits, Math.ScaleB(error, 18) - (function.ErrorBound * Math.ScaleB(expected, 18)));
        }

        output.WriteLine($"{name} {protocol}: relative {worstRelative:E2} beyond one unit; {worstUnits:F2} units beyond the relative bound");
    }
}
