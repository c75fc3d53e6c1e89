using System.Globalization;
using System.Text;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>docs/accuracy.md: every function measured on the reference inputs that the tests use, against float64.</summary>
internal static class AccuracyReport
{
    private const double SmallVariance = 0.01;

    public static async Task<string> CreateAsync(string referenceFolder)
    {
        var reference = new ReferenceFunctions(referenceFolder);
        var text = new StringBuilder(
            """
            # Accuracy

            Made by `dotnet run -c Release --project benchmarks/SecureTransformer.Bench -- accuracy --reference tests/SecureTransformer.Tests/Reference/functions --out docs/accuracy.md`; do not edit by hand.

            Largest errors at 18 fractional bits on the reference inputs (`tests/SecureTransformer.Tests/Reference/functions`), against the exact function of the encoded input. *Approximation alone* is the function's own way over float64, *fixed point* adds the rounding of fixed-point arithmetic in the clear, *protocol* is three parties with replicated sharing. Relative errors are those beyond one unit in the last place. A test fails where a bar is not met; the rounding of the protocol is random, so its column varies a little from run to run.

            ## Functions of one number


            """);
        text.Append(AccuracyTable.ToMarkdown(await AccuracyTable.MeasureAsync(reference, MpcProtocol.Replicated3)));
        text.Append(
            """

            ## Functions of rows

            | function | rows | bar | fixed point | protocol |
            |---|---|---|---|---|

            """);
        await AppendAsync(text, "softmax", "all", 0.0002, SoftmaxCases(reference));
        foreach (string norm in (string[])["layer_norm", "rms_norm"])
        {
            List<RowCase> cases = NormCases(reference, norm);
            await AppendAsync(text, norm, "variance above 0.01, or constant", 0.001, cases.Where(c => c.Variance is > SmallVariance or 0));
            await AppendAsync(text, norm, "variance at most 0.01", null, cases.Where(c => c.Variance is <= SmallVariance and > 0));
        }

        text.Append(
            """

            A row of small variance amplifies the rounding of its own input by 1 / sqrt(variance + eps), which no computation on the encoded row can undo; that is why there is no bar there.
            [protocols/nonlinear.md](protocols/nonlinear.md) has the formulas, the bounds and what each function costs.

            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static async Task AppendAsync(StringBuilder text, string name, string which, double? bar, IEnumerable<RowCase> cases)
    {
        RowCase[] all = [.. cases];
        double fixedPoint = await ErrorAsync(MpcProtocol.PlaintextFixedPoint, all);
        double secret = await ErrorAsync(MpcProtocol.Replicated3, all);
        string stated = bar?.ToString(CultureInfo.InvariantCulture) ?? "none";
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {all.Length}, {which} | {stated} | {fixedPoint:0.0e-0} | {secret:0.0e-0} |\n");
    }

    private static async Task<double> ErrorAsync(MpcProtocol protocol, RowCase[] cases)
    {
        await using LocalParties parties = LocalParties.Create(protocol);
        double[] worst = await parties.RunAsync(async session =>
        {
            double error = 0;
            foreach (RowCase c in cases)
            {
                using SessionScope scope = session.BeginScope();
                double[] actual = await session.RevealAsync(await c.Run(session));
                error = Math.Max(error, actual.Zip(c.Expected, (a, b) => Math.Abs(a - b)).Max());
            }

            return error;
        });
        return worst[0];
    }

    private static IEnumerable<RowCase> SoftmaxCases(ReferenceFunctions reference) =>
        reference.SoftmaxRows().Select(row => new RowCase(
            0,
            row.Y,
            async session => await Softmax.EvaluateAsync(session, await session.InputAsync(0, new TensorShape(row.X.Length), row.X), row.Mask)));

    private static List<RowCase> NormCases(ReferenceFunctions reference, string name) =>
        [.. reference.NormCases(name).Select(c => new RowCase(c.Variance, c.Y, async session =>
        {
            var shape = new TensorShape(c.X.Length);
            SecretTensor x = await session.InputAsync(0, shape, c.X);
            SecretTensor weight = await session.InputAsync(0, shape, c.Weight);
            SecretTensor? bias = c.Bias is null ? null : await session.InputAsync(0, shape, c.Bias);
            return name == "layer_norm"
                ? await LayerNorm.EvaluateAsync(session, x, weight, bias, c.Eps)
                : await RmsNorm.EvaluateAsync(session, x, weight, c.Eps);
        }))];

    private sealed record RowCase(double Variance, double[] Expected, Func<MpcSession, Task<SecretTensor>> Run);
}
