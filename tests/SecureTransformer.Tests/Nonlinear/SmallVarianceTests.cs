using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Nonlinear;

public class SmallVarianceTests(ITestOutputHelper output)
{
    /// <summary>The error stated in docs/protocols/nonlinear.md: against the exact function of the encoded row.</summary>
    [Theory]
    [InlineData("layer_norm", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("layer_norm", MpcProtocol.Replicated3)]
    [InlineData("layer_norm", MpcProtocol.Additive)]
    [InlineData("rms_norm", MpcProtocol.Replicated3)]
    [InlineData("rms_norm", MpcProtocol.Additive)]
    public async Task Small_variances_cost_what_is_stated(string function, MpcProtocol protocol)
    {
        foreach (int n in new[] { 48, 768 })
        {
            foreach (int exponent in new[] { -3, -5, -8, -10, -13, -15 })
            {
                double[] x = [.. Enumerable.Range(0, n).Select(i => Math.Round(Math.ScaleB(Math.Sin(i * 1.7) + (0.4 * Math.Cos(i * i)), 18 + exponent)) / (1 << 18))];
                double[] ones = [.. Enumerable.Repeat(1.0, n)];
                double[] expected = await RowFunctionTests.RunAsync(MpcProtocol.PlaintextFloat64, function, x, ones, new double[n], 1e-12);
                double[] actual = await RowFunctionTests.RunAsync(protocol, function, x, ones, new double[n], 1e-12);
                double variance = x.Average(v => v * v) - (x.Average() * x.Average());
                double worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
                output.WriteLine($"{function} {protocol} n = {n}, variance {variance:E1}: {worst:E2}");
                double largest = expected.Max(Math.Abs);
                Assert.InRange(worst, 0, 2e-5 + (largest * 8e-12 / variance));
            }
        }
    }
}
