using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The costs stated in docs/protocols/nonlinear.md for three parties, to the byte: 6,400 elements, so that planes of bits have no padding.</summary>
public class CostTests
{
    private const int Count = 6400;

    public static TheoryData<string, double, int> Scalars => new()
    {
        { "gelu", 273, 14 },
        { "silu", 336, 14 },
        { "tanh", 335, 14 },
        { "sigmoid", 335, 14 },
        { "exp", 210, 14 },
        { "exp on 24 bits", 194.75, 13 },
        { "gelu_puma", 381, 15 },
        { "exp_puma 5", 263, 18 },
        { "gelu_quad", 36, 2 },
        { "reciprocal", 432.375, 19 },
        { "inverse square root", 537.375, 21 },
        { "divide", 573.375, 29 },
        { "softmax 128", 311.845, 80 },
        { "softmax 128 on 30 bits", 292.15, 68 },
        { "layer norm 768", 72.87890625, 29 },
        { "rms norm 640", 72.8572265625, 26 },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public async Task Bytes_an_element_and_rounds_are_as_stated(string name, double bytes, int rounds)
    {
        TensorShape shape = name.Contains("128", StringComparison.Ordinal) ? new TensorShape(Count / 128, 128)
            : name.Contains("norm", StringComparison.Ordinal) ? new TensorShape(64, int.Parse(name.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture)) : new TensorShape(Count);
        double[] x = [.. Enumerable.Range(0, shape.Count).Select(i => (i % 97 / 8.0) + 0.5)];
        if (name.StartsWith("exp", StringComparison.Ordinal))
        {
            x = [.. x.Select(v => -v)];
        }

        FunctionCost cost = await FunctionCost.MeasureAsync(MpcProtocol.Replicated3, shape, x, async (session, input) => _ = name switch
        {
            "gelu" => await session.EvaluateAsync(Gelu.Erf, input),
            "silu" => await session.EvaluateAsync(Silu.Default, input),
            "tanh" => await session.EvaluateAsync(Tanh.Default, input),
            "sigmoid" => await session.EvaluateAsync(Sigmoid.Default, input),
            "exp" => await session.EvaluateAsync(Exp.Default, input),
            "exp on 24 bits" => await session.EvaluateAsync(Exp.Default.WithWidth(24), input),
            "gelu_puma" => await session.EvaluateAsync(Gelu.Puma, input),
            "exp_puma 5" => await session.EvaluateAsync(Exp.Puma(5), input),
            "gelu_quad" => await session.EvaluateAsync(Gelu.Quad, input),
            "reciprocal" => await session.EvaluateAsync(Reciprocal.Default, input),
            "inverse square root" => await session.EvaluateAsync(InverseSquareRoot.Default, input),
            "divide" => await session.DivideAsync(input, input),
            "softmax 128" => await Softmax.EvaluateAsync(session, input),
            "softmax 128 on 30 bits" => await Softmax.EvaluateAsync(session, input, width: 30),
            _ => name.StartsWith("layer", StringComparison.Ordinal)
                ? await LayerNorm.EvaluateAsync(session, input, session.Constant(new TensorShape(shape[-1]), 1), session.Constant(new TensorShape(shape[-1]), 0), 1e-12)
                : await RmsNorm.EvaluateAsync(session, input, session.Constant(new TensorShape(shape[-1]), 1), 1e-5),
        });
        Assert.Equal((bytes, rounds), ((double)cost.Bytes / shape.Count, cost.Rounds));
    }
}
