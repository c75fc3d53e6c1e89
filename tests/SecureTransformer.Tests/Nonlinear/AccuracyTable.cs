using System.Globalization;
using System.Text;
using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Measures every function on the reference inputs: errors of the approximation alone, in fixed point and under a protocol, and the protocol's cost.</summary>
internal static class AccuracyTable
{
    /// <summary>The functions of one number, their largest permitted error, and whether that is relative (beyond one unit in the last place).</summary>
    public static IReadOnlyList<(string Reference, SecretFunction Function, double Bar, bool Relative)> Scalars { get; } =
    [
        ("gelu_erf", Gelu.Erf, 0.001, false),
        ("gelu_tanh", Gelu.Tanh, 0.001, false),
        ("silu", Silu.Default, 0.0006, false),
        ("tanh", Tanh.Default, 0.001, false),
        ("sigmoid", Sigmoid.Default, 0.001, false),
        ("exp_nonpositive", Exp.Default, 0.0002, false),
        ("reciprocal", Reciprocal.Default, 0.0001, true),
        ("rsqrt", InverseSquareRoot.Default, 0.0001, true),
    ];

    public sealed record Row(string Name, double Bar, bool Relative, double Approximation, double FixedPoint, double Protocol, double BytesPerElement, int Rounds);

    public static async Task<IReadOnlyList<Row>> MeasureAsync(ReferenceFunctions reference, MpcProtocol protocol, int? count = null, int? threshold = null)
    {
        var rows = new List<Row>();
        foreach ((string name, SecretFunction function, double bar, bool relative) in Scalars)
        {
            double[] x = reference.Scalars(name).X;
            double[] padded = [.. Enumerable.Range(0, 6400).Select(i => x[i % x.Length])];
            FunctionCost cost = await FunctionCost.MeasureAsync(
                protocol, new TensorShape(padded.Length), padded, async (session, input) => await session.EvaluateAsync(function, input), count, threshold);
            rows.Add(new Row(
                name,
                bar,
                relative,
                await ErrorAsync(MpcProtocol.PlaintextFloat64, function, x, relative),
                await ErrorAsync(MpcProtocol.PlaintextFixedPoint, function, x, relative),
                await ErrorAsync(protocol, function, x, relative, count, threshold),
                (double)cost.Bytes / padded.Length,
                cost.Rounds));
        }

        return rows;
    }

    public static string ToMarkdown(IEnumerable<Row> rows)
    {
        var text = new StringBuilder("| function | bar | approximation alone | fixed point | protocol | bytes an element | rounds |\n|---|---|---|---|---|---|---|\n");
        foreach (Row row in rows)
        {
            string kind = row.Relative ? " relative" : "";
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Bar}{kind} | {row.Approximation:0.0e-0} | {row.FixedPoint:0.0e-0} | {row.Protocol:0.0e-0} | {row.BytesPerElement:0.#} | {row.Rounds} |\n");
        }

        return text.ToString();
    }

    /// <summary>The largest error against the exact function of the encoded input. The approximation alone is the function's own way over float64.</summary>
    private static async Task<double> ErrorAsync(MpcProtocol protocol, SecretFunction function, double[] x, bool relative, int? count = null, int? threshold = null)
    {
        double[] encoded = [.. x.Select(v => Math.Round(Math.ScaleB(v, 18)) / (1 << 18))];
        await using LocalParties parties = LocalParties.Create(protocol, new SessionOptions { Threshold = threshold }, parties: count);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor input = await session.InputAsync(session.PartyCount - 1, new TensorShape(encoded.Length), encoded);
            return await session.RevealAsync(await function.EvaluateAsync(session, input, default));
        });
        double unit = protocol == MpcProtocol.PlaintextFloat64 ? 0 : Math.ScaleB(1, -18);
        return results.SelectMany(r => r.Zip(encoded, (actual, v) =>
        {
            double exact = function.Exact(v);
            double error = Math.Abs(actual - exact);
            return relative ? Math.Max(0, error - unit) / Math.Abs(exact) : error;
        })).Max();
    }
}
