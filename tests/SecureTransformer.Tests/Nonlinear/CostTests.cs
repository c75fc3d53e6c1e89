using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The costs stated in docs/protocols/nonlinear.md for three parties, to the byte: 6,400 elements, so that planes of bits have no padding.</summary>
public class CostTests
{
    private const int Count = 6400;

    public static TheoryData<string, double, int> Scalars => new()
    {
        { "gelu", 167.375, 7 },
        { "silu", 319.125, 13 },
        { "tanh", 318.125, 13 },
        { "sigmoid", 318.125, 13 },
        { "exp", 77.75, 6 },
        { "exp on 24 bits", 65.75, 4 },
        { "gelu_puma", 364.125, 14 },
        { "exp_puma 5", 257.375, 17 },
        { "gelu_quad", 33, 2 },
        { "gelu_quad_benchmark", 33, 2 },
        { "reciprocal", 432.375, 19 },
        { "inverse square root", 537.375, 21 },
        { "divide", 567.75, 27 },
        { "softmax 128", 165.315, 54 },
        { "softmax 128 on 30 bits", 147, 54 },
        { "2quad 128", 75.765, 23 },
        { "2relu 128", 102.6925, 26 },
        { "layer norm 768", 72.87890625, 29 },
        { "rms norm 640", 72.8572265625, 26 },
    };

    public static TheoryData<MpcProtocol, int?> Protocols => new()
    {
        { MpcProtocol.Replicated3, null },
        { MpcProtocol.Additive, 2 },
        { MpcProtocol.Additive, 3 },
        { MpcProtocol.Additive, 5 },
    };

    /// <summary>What a dry run declares is what is sent, and its rounds are enough.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Every_function_costs_what_is_declared(MpcProtocol protocol, int? count)
    {
        foreach (string name in Scalars.Select(row => (string)row[0]))
        {
            TensorShape shape = ShapeOf(name);
            FunctionCost cost = await FunctionCost.MeasureAsync(protocol, shape, Arguments(name, shape.Count), (session, input) => EvaluateAsync(name, session, input), count);
            await using EstimatingSession estimate = EstimatingSession.Create(protocol, parties: count);
            await EvaluateAsync(name, estimate, estimate.Placeholder(shape));
            Assert.Equal((name, estimate.Total.Bytes, estimate.Total.OfflineBytes), (name, cost.Bytes, cost.OfflineBytes));
            Assert.InRange(cost.Rounds, 1, estimate.Total.Rounds);
        }
    }

    [Theory]
    [MemberData(nameof(Scalars))]
    public async Task Bytes_an_element_and_rounds_are_as_stated(string name, double bytes, int rounds)
    {
        TensorShape shape = ShapeOf(name);
        FunctionCost cost = await FunctionCost.MeasureAsync(
            MpcProtocol.Replicated3, shape, Arguments(name, shape.Count), (session, input) => EvaluateAsync(name, session, input));
        Assert.Equal((bytes, rounds), ((double)cost.Bytes / shape.Count, cost.Rounds));
    }

    /// <summary>Between two parties and their dealer.</summary>
    [Theory]
    [InlineData("gelu_quad", 32, 2)]
    [InlineData("2quad 128", 66.17, 21)]
    [InlineData("2relu 128", 68.8, 25)]
    public async Task Bytes_between_two_parties_are_as_stated(string name, double bytes, int rounds)
    {
        TensorShape shape = ShapeOf(name);
        FunctionCost cost = await FunctionCost.MeasureAsync(
            MpcProtocol.Additive, shape, Arguments(name, shape.Count), (session, input) => EvaluateAsync(name, session, input), 2);
        Assert.Equal((bytes, rounds), ((double)cost.Bytes / shape.Count, cost.Rounds));
    }

    private static TensorShape ShapeOf(string name) => name.Contains("128", StringComparison.Ordinal) ? new TensorShape(Count / 128, 128)
        : name.Contains("norm", StringComparison.Ordinal) ? new TensorShape(64, int.Parse(name.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture)) : new TensorShape(Count);

    private static double[] Arguments(string name, int count)
    {
        int sign = name.StartsWith("exp", StringComparison.Ordinal) ? -1 : 1;
        return [.. Enumerable.Range(0, count).Select(i => sign * ((i % 97 / 8.0) + 0.5))];
    }

    private static async Task EvaluateAsync(string name, MpcSession session, SecretTensor input)
    {
        _ = name switch
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
            "gelu_quad_benchmark" => await session.EvaluateAsync(Gelu.QuadOfBenchmark, input),
            "reciprocal" => await session.EvaluateAsync(Reciprocal.Default, input),
            "inverse square root" => await session.EvaluateAsync(InverseSquareRoot.Default, input),
            "divide" => await session.DivideAsync(input, input),
            "softmax 128" => await Softmax.EvaluateAsync(session, input),
            "softmax 128 on 30 bits" => await Softmax.EvaluateAsync(session, input, width: 30),
            "2quad 128" => await TwoQuad.Default.EvaluateAsync(session, input),
            "2relu 128" => await TwoRelu.Default.EvaluateAsync(session, input),
            _ => name.StartsWith("layer", StringComparison.Ordinal)
                ? await LayerNorm.EvaluateAsync(session, input, session.Constant(new TensorShape(input.Shape[-1]), 1), session.Constant(new TensorShape(input.Shape[-1]), 0), 1e-12)
                : await RmsNorm.EvaluateAsync(session, input, session.Constant(new TensorShape(input.Shape[-1]), 1), 1e-5),
        };
    }
}
