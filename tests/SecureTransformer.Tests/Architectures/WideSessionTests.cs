using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Protocols.Tests;

namespace SecureTransformer.Architectures;

/// <summary>
/// Everything above the waist runs on a protocol that it cannot know, with another layout of shares and only what a protocol must have: as on float64, within the bars of the
/// library's own protocols.
/// </summary>
public sealed class WideSessionTests
{
    private const double Rounding = 6e-6;

    public static TheoryData<string> Functions => [.. AccuracyTable.Scalars.Select(row => row.Reference), "relu", "gelu_quad", "gelu_puma", "exp_puma"];

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Functions_of_a_number(string name)
    {
        SecretFunction function = name switch
        {
            "relu" => Relu.Default,
            "gelu_quad" => Gelu.Quad,
            "gelu_puma" => Gelu.Puma,
            "exp_puma" => Exp.Puma(5),
            _ => AccuracyTable.Scalars.Single(row => row.Reference == name).Function,
        };
        bool relative = AccuracyTable.Scalars.Any(row => row.Reference == name && row.Relative);
        double[] x = [.. ReferenceFunctions.Default.Scalars(name switch { "relu" or "gelu_quad" or "gelu_puma" => "gelu_erf", "exp_puma" => "exp_nonpositive", _ => name }).X
            .Where(v => name != "gelu_quad" || Math.Abs(v) < 1000).Select(v => Math.Round(Math.ScaleB(v, 18)) / (1 << 18))];
        await using LocalParties parties = InsecureWideSession.CreateParties();
        double[] y = await Programs.EvaluateAsync(parties, function, x);
        double[] expected = await Programs.EvaluateAsync(MpcProtocol.PlaintextFloat64, function, x);
        Assert.All(expected.Zip(y), p => Assert.Equal(p.First, p.Second, (function.ErrorBound * (relative ? Math.Abs(p.First) : 1)) + Rounding));
    }

    [Fact]
    public async Task Functions_of_rows()
    {
        await using LocalParties parties = InsecureWideSession.CreateParties();
        using var random = new SeededValues(7601);
        const int Rows = 3;
        const int Columns = 11;
        double[] x = random.Normals(Rows * Columns, 2);
        double[] divisors = [.. random.Normals(Rows * Columns, 0.1).Select((v, i) => i % 2 == 0 ? 3 + v : -0.25 + v)];
        double[] weight = random.Normals(Columns, 0.2, 1);
        double[] bias = random.Normals(Columns, 0.2);
        bool[] keep = [.. Enumerable.Range(0, Columns).Select(i => i % 3 != 1)];
        double[] bits = [.. keep.Select(k => k ? 1.0 : 0)];
        var shape = new TensorShape(Rows, Columns);
        await CompareAsync(2e-5, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x)));
        await CompareAsync(2e-5, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), keep));
        await CompareAsync(2e-5, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), await s.InputAsync(0, new TensorShape(Columns), bits, 0)));
        await CompareAsync(1e-3, async s => await s.DivideAsync(await s.InputAsync(0, shape, x), await s.InputAsync(s.PartyCount - 1, shape, divisors)));
        foreach (string norm in new[] { "layer_norm", "rms_norm" })
        {
            double[] exact = await RowFunctionTests.RunAsync(MpcProtocol.PlaintextFloat64, norm, x, weight, bias, 1e-5);
            Assert.InRange(BertRuns.LargestDifference(exact, await RowFunctionTests.RunAsync(parties, norm, x, weight, bias, 1e-5)), 0, 1e-4);
        }

        async Task CompareAsync(double bar, Func<MpcSession, ValueTask<SecretTensor>> program)
        {
            double[] exact = await Programs.RunAsync(MpcProtocol.PlaintextFloat64, program);
            Assert.InRange(BertRuns.LargestDifference(exact, await Programs.RunAsync(parties, program)), 0, bar);
        }
    }

    /// <summary>Many elements are normalised by halving, few at once.</summary>
    [Fact]
    public async Task Many_reciprocals()
    {
        double[] x = [0, .. Enumerable.Range(1, 3000).Select(i => Math.Round(Math.ScaleB(1.31 * i * i, 6)) / (1 << 12))];
        await using LocalParties parties = InsecureWideSession.CreateParties();
        foreach (SecretFunction function in new SecretFunction[] { Reciprocal.Default, InverseSquareRoot.Default })
        {
            double[] y = await Programs.EvaluateAsync(parties, function, x);
            Assert.All(x.Zip(y), p => Assert.Equal(function.Exact(p.First), p.Second, (function.ErrorBound * function.Exact(p.First)) + Math.ScaleB(1, -18)));
        }
    }

    [Theory]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Quad)]
    public async Task Encoders(Activation activation)
    {
        ModelArchitecture architecture = RandomBert.Architecture(activation);
        Func<WeightSpec, double[]> weights = RandomBert.Weights(architecture, 7602);
        BertCase[] cases = [.. RandomBert.Cases(7602).Take(5)];
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, weights, cases);
        await using LocalParties parties = InsecureWideSession.CreateParties();
        BertResult[] actual = await BertRuns.RunAsync(parties, architecture, weights, cases);
        Assert.All(exact.Zip(actual), pair => Assert.InRange(BertRuns.LargestDifference(pair.First.Logits, pair.Second.Logits), 0, 0.02));
    }

    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Decoders_with_their_cache_and_the_choice_of_a_token(string name)
    {
        int[] ids = DecoderCase.Load(name).MaxBy(c => c.Ids.Length)!.Ids[..10];
        (double[] Logits, double[] Tokens) exact = await DecoderRuns.RunAsync(MpcProtocol.PlaintextFloat64, name, PassesAsync);
        await using LocalParties parties = InsecureWideSession.CreateParties();
        (double[] Logits, double[] Tokens) actual = await DecoderRuns.RunAsync(parties, DecoderRuns.ArchitectureOf(name), DecoderRuns.WeightsOf(name), PassesAsync);
        Assert.InRange(BertRuns.LargestDifference(exact.Logits, actual.Logits), 0, 0.03);
        Assert.Equal(exact.Tokens, actual.Tokens);

        // Two sequences of different lengths, in two passes; one is cut back; then three tokens are chosen on shares and fed back as they are.
        async Task<(double[] Logits, double[] Tokens)> PassesAsync(MpcSession session, DecoderModel model)
        {
            using KeyValueCache cache = model.CreateCache(session, 2);
            var logits = new List<double>();
            logits.AddRange(await DecoderRuns.LogitsAsync(session, model, cache, [ids[..6], ids[2..5]], allRows: true));
            cache.Truncate(0, 4);
            logits.AddRange(await DecoderRuns.LogitsAsync(session, model, cache, [ids[4..7], ids[5..6]]));
            var tokens = new List<double>();
            SecretTensor next = await session.InputAsync(0, new TensorShape(2, model.Config.VocabSize), BertRuns.OneHot([ids[7], ids[6]], model.Config.VocabSize), 0);
            for (int step = 0; step < 3; step++)
            {
                SecretTensor row = await model.ForwardAsync(session, next, cache.Begin([1, 1]));
                SecretToken token = await PrivateChoice.GreedyAsync(session, row);
                tokens.AddRange(await session.RevealAsync(token.Id));
                next = token.OneHot;
            }

            return ([.. logits], [.. tokens]);
        }
    }

    [Fact]
    public async Task What_it_does_not_have_is_named()
    {
        await using LocalParties parties = InsecureWideSession.CreateParties();
        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() =>
            Choices.RunAsync(parties, 1, 3, [1, 2, 3], static (s, x) => PrivateChoice.SampleAsync(s, x, 1)));
        Assert.Contains("insecure wide", error.Message, StringComparison.Ordinal);
        using var random = new SeededValues(7603);
        double[] logits = [.. random.Normals(2 * 1100, 3).Select(v => Math.Round(v * 16) / 16)];
        Assert.Equal(Choices.ArgMax(1100, logits), await Choices.RunAsync(parties, 2, 1100, logits, static (s, x) => PrivateChoice.GreedyAsync(s, x)));
    }
}
