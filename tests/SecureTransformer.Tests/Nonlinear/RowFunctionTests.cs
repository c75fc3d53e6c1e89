using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Nonlinear;

public class RowFunctionTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1e-12)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 0.0002)]
    [InlineData(MpcProtocol.Replicated3, 0.0002)]
    [InlineData(MpcProtocol.Additive, 0.0002)]
    [InlineData(MpcProtocol.Additive, 0.0002, 3)]
    [InlineData(MpcProtocol.Additive, 0.0002, 5)]
    public async Task Softmax_meets_the_bar(MpcProtocol protocol, double bar, int? count = null)
    {
        double worst = 0;
        foreach ((string name, double[] x, bool[] mask, double[] y) in ReferenceFunctions.Default.SoftmaxRows())
        {
            double[] actual = await Programs.RunAsync(protocol, async session =>
                await Softmax.EvaluateAsync(session, await session.InputAsync(0, new TensorShape(x.Length), x), mask), count: count);
            double error = actual.Zip(y, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(error <= bar, $"{name}: {error} is above {bar}.");
            Assert.All(Enumerable.Range(0, x.Length).Where(i => !mask[i]), i => Assert.Equal(0, actual[i]));
            worst = Math.Max(worst, error);
        }

        output.WriteLine($"softmax {protocol}: {worst:E2}");
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1e-12)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 0.0002)]
    [InlineData(MpcProtocol.Replicated3, 0.0002)]
    [InlineData(MpcProtocol.Additive, 0.0002)]
    public async Task Softmax_with_a_secret_mask_meets_the_bar(MpcProtocol protocol, double bar)
    {
        double worst = 0;
        foreach ((string name, double[] x, bool[] mask, double[] y) in ReferenceFunctions.Default.SoftmaxRows().Where(r => r.Mask.Contains(false) || r.X.Length < 8))
        {
            double[] bits = [.. mask.Select(m => m ? 1.0 : 0)];
            double[] actual = await Programs.RunAsync(protocol, async session => await Softmax.EvaluateAsync(
                session,
                await session.InputAsync(0, new TensorShape(x.Length), x),
                await session.InputAsync(0, new TensorShape(x.Length), bits, 0)));
            double error = actual.Zip(y, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(error <= bar, $"{name}: {error} is above {bar}.");
            Assert.All(Enumerable.Range(0, x.Length).Where(i => !mask[i]), i => Assert.Equal(0, actual[i]));
            worst = Math.Max(worst, error);
        }

        output.WriteLine($"softmax, secret mask, {protocol}: {worst:E2}");
    }

    [Theory]
    [InlineData("layer_norm", MpcProtocol.PlaintextFloat64)]
    [InlineData("layer_norm", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("layer_norm", MpcProtocol.Replicated3)]
    [InlineData("layer_norm", MpcProtocol.Additive)]
    [InlineData("rms_norm", MpcProtocol.PlaintextFloat64)]
    [InlineData("rms_norm", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("rms_norm", MpcProtocol.Replicated3)]
    [InlineData("rms_norm", MpcProtocol.Additive)]
    [InlineData("layer_norm", MpcProtocol.Additive, 3)]
    [InlineData("layer_norm", MpcProtocol.Additive, 5)]
    public async Task Norms_meet_the_bar(string function, MpcProtocol protocol, int? count = null)
    {
        double worst = 0;
        double worstSmall = 0;
        foreach (ReferenceFunctions.NormCase c in ReferenceFunctions.Default.NormCases(function))
        {
            double[] actual = await RunAsync(protocol, function, c.X, c.Weight, c.Bias, c.Eps, count);
            double error = actual.Zip(c.Y, (a, b) => Math.Abs(a - b)).Max();
            output.WriteLine($"{function} {protocol} {c.Name}, variance {c.Variance:G3}: {error:E2}");
            if (c.Variance > 0.01 || c.Variance == 0)
            {
                worst = Math.Max(worst, error);
            }
            else
            {
                worstSmall = Math.Max(worstSmall, error);
            }
        }

        output.WriteLine($"{function} {protocol}: {worst:E2}; variance at most 0.01: {worstSmall:E2}");
        double bar = protocol == MpcProtocol.PlaintextFloat64 ? 2e-12 : 0.001;
        Assert.True(worst <= bar, $"{worst} is above {bar}.");
        Assert.True(worstSmall <= bar, $"{worstSmall} is above {bar}.");
    }

    internal static async Task<double[]> RunAsync(MpcProtocol protocol, string function, double[] x, double[] weight, double[]? bias, double eps, int? count = null)
    {
        await using LocalParties parties = LocalParties.Create(protocol, parties: count);
        return await RunAsync(parties, function, x, weight, bias, eps);
    }

    internal static Task<double[]> RunAsync(LocalParties parties, string function, double[] x, double[] weight, double[]? bias, double eps) =>
        Programs.RunAsync(parties, async session =>
        {
            var row = new TensorShape(weight.Length);
            SecretTensor input = await session.InputAsync(0, new TensorShape(x.Length / weight.Length, weight.Length), x);
            SecretTensor w = await session.InputAsync(0, row, weight);
            return function == "layer_norm"
                ? await LayerNorm.EvaluateAsync(session, input, w, bias is null ? null : await session.InputAsync(0, row, bias), eps)
                : await RmsNorm.EvaluateAsync(session, input, w, eps);
        });
}
