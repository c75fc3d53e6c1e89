using System.Text;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Architectures;

/// <summary>Whole models with functions of a choice, against float64 with the same functions.</summary>
public sealed class ChosenFunctionsTests(ITestOutputHelper output)
{
    private const string Mixed = """{"default": {"activation": "gelu_quad_benchmark", "attention": "2relu"}, "layers": {"1": {"activation": "model", "attention": "2quad"}}}""";

    public static TheoryData<MpcProtocol, Activation, AttentionFunction> Quads => new()
    {
        { MpcProtocol.PlaintextFixedPoint, Activation.Quad, AttentionFunction.TwoQuad },
        { MpcProtocol.Replicated3, Activation.Quad, AttentionFunction.TwoQuad },
        { MpcProtocol.Additive, Activation.Quad, AttentionFunction.TwoQuad },
        { MpcProtocol.Replicated3, Activation.GeluErf, AttentionFunction.TwoRelu },
        { MpcProtocol.Additive, Activation.GeluErf, AttentionFunction.TwoRelu },
    };

    [Theory]
    [MemberData(nameof(Quads))]
    public async Task A_classifier_with_the_functions_of_its_configuration_agrees_with_float64(MpcProtocol protocol, Activation activation, AttentionFunction attention)
    {
        BertConfig config = ((BertConfig)ModelConfig.FromDirectory(BertRuns.TriageDirectory)).WithFunctions(activation, attention);
        var architecture = ModelArchitecture.Create(config);
        BertCase[] cases =
        [
            new() { Name = "a text", InputIds = [.. Enumerable.Range(5, 17)], Mask = [.. Enumerable.Repeat(true, 17)], TokenTypes = new int[17] },
            new() { Name = "padded", InputIds = [.. Enumerable.Range(30, 12)], Mask = [.. Enumerable.Range(0, 12).Select(i => i < 9)], TokenTypes = new int[12] },
            new() { Name = "padding computed", InputIds = [.. Enumerable.Range(30, 12)], Mask = [.. Enumerable.Range(0, 12).Select(i => i < 9)], TokenTypes = new int[12], ComputePadding = true },
            new() { Name = "one token", InputIds = [9], Mask = [true], TokenTypes = [0] },
        ];
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, BertRuns.TriageWeights(), cases);
        BertResult[] actual = await BertRuns.RunAsync(protocol, architecture, BertRuns.TriageWeights(), cases);
        for (int i = 0; i < cases.Length; i++)
        {
            double error = BertRuns.LargestDifference(exact[i].Logits, actual[i].Logits);
            output.WriteLine($"{protocol}, {architecture.Functions}, {cases[i].Name}: {error:E2}");
            Assert.True(error <= 0.02, $"{cases[i].Name}: the logits are off by {error}.");
        }

        // Padding changes nothing, and the functions are others than the model was trained with.
        Assert.True(BertRuns.LargestDifference(exact[1].Logits, exact[2].Logits) <= 1e-9);
        BertResult[] own = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, BertRuns.Triage, BertRuns.TriageWeights(), cases);
        Assert.True(BertRuns.LargestDifference(exact[0].Logits, own[0].Logits) > 0.05);
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, "gpt2-arith")]
    [InlineData(MpcProtocol.Additive, "gpt2-arith")]
    [InlineData(MpcProtocol.Replicated3, "llama-story")]
    [InlineData(MpcProtocol.Additive, "llama-story")]
    public async Task A_decoder_with_other_functions_in_each_block_agrees_with_float64(MpcProtocol protocol, string model)
    {
        NonlinearFunctions functions = NonlinearFunctions.Parse(Encoding.UTF8.GetBytes(Mixed), "test");
        var architecture = (DecoderArchitecture)ModelArchitecture.Create(ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(model)), functions);
        double[] exact = await RunAsync(MpcProtocol.PlaintextFloat64);
        double[] actual = await RunAsync(protocol);
        double error = BertRuns.LargestDifference(exact, actual);
        output.WriteLine($"{protocol}, {model}, {architecture.Functions}: {error:E2}");
        Assert.True(error <= 0.03, $"The logits are off by {error}.");

        Task<double[]> RunAsync(MpcProtocol which) => DecoderRuns.RunAsync(which, architecture, DecoderRuns.WeightsOf(model), async (session, decoder) =>
        {
            // A prompt, then a token behind the cache.
            using KeyValueCache cache = decoder.CreateCache(session);
            var logits = new List<double>();
            foreach (int[] ids in new int[][] { [1, 2, 3, 4, 5, 6], [7] })
            {
                using SecretTensor tokens = await session.InputAsync(
                    0, new TensorShape(ids.Length, decoder.Config.VocabSize), BertRuns.OneHot(ids, decoder.Config.VocabSize), 0);
                using SecretTensor next = await decoder.ForwardAsync(session, tokens, cache.Begin([ids.Length]));
                logits.AddRange(await session.RevealAsync(next));
            }

            return logits.ToArray();
        });
    }

    /// <summary>A block of BERT-base on 128 tokens, as docs/benchmarks.md has it.</summary>
    [Theory]
    [InlineData("mpcformer", MpcProtocol.Additive, 79_165_000, 85)]
    [InlineData("exact", MpcProtocol.Additive, 154_613_000, 145)]
    [InlineData("mpcformer", MpcProtocol.Replicated3, 81_087_000, 95)]
    public async Task A_block_sends_what_the_benchmarks_say(string preset, MpcProtocol protocol, long bytes, int rounds)
    {
        const int Width = 768;
        var config = new BertConfig { VocabSize = 9, HiddenSize = Width, NumHiddenLayers = 1, NumAttentionHeads = 12, IntermediateSize = 4 * Width, MaxPositionEmbeddings = 128 };
        BlockFunctions functions = NonlinearFunctions.Load(preset).For(config).Blocks[0];
        await using EstimatingSession session = EstimatingSession.Create(protocol);
        using var block = new SecureTransformerBlock(
            new SecureAttention(Linear(Width, 3 * Width), Linear(Width, Width), config.NumAttentionHeads, functions.Attention),
            Norm(),
            new SecureFeedForward(Linear(Width, 4 * Width), functions.Activation, Linear(4 * Width, Width)),
            Norm());
        await session.PrepareMatricesAsync();
        OperationCost before = session.Total;
        using SecretTensor y = await block.ForwardAsync(session, session.Placeholder(new TensorShape(128, Width)));
        Assert.InRange(session.Total.Bytes - before.Bytes, bytes - 1000, bytes + 1000);
        Assert.InRange(session.Total.Rounds - before.Rounds, rounds, rounds + 4);

        SecureLinear Linear(int from, int to) => new(session.Pack(session.Placeholder(new TensorShape(from, to))), null);

        SecureLayerNorm Norm() => new(session.Placeholder(new TensorShape(Width)), session.Placeholder(new TensorShape(Width)), 1e-12);
    }

    /// <summary>What ran is what a profile names.</summary>
    [Fact]
    public async Task A_profile_names_the_function_that_served_each_operation()
    {
        ModelConfig config = ModelConfig.FromDirectory(BertRuns.TriageDirectory);
        NonlinearFunctions functions = NonlinearFunctions.Parse("""{"layers": {"0": {"activation": "gelu_quad", "attention": "2quad"}}}"""u8.ToArray(), "test");
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        await parties.RunAsync(async session =>
        {
            using BertClassifier model = await BertRuns.LoadAsync(session, ModelArchitecture.Create(config, functions), BertRuns.TriageWeights());
            using SessionScope scope = session.BeginScope();
            BertInput input = await BertRuns.InputAsync(session, model.Config, new BertCase { Name = "", InputIds = [2, 3], Mask = [true, true], TokenTypes = [0, 0] });
            using ProfileRecording recording = session.BeginProfile(profile);
            using SecretTensor logits = await model.ForwardAsync(session, input);
            return 0;
        });
        string trace = Path.GetTempFileName();
        try
        {
            profile.SaveTrace(trace);
            string text = File.ReadAllText(trace);
            Assert.All((string[])["2quad", "gelu_quad", "softmax", "\"gelu\"", "\"tanh\""], name => Assert.Contains(name, text, StringComparison.Ordinal));
            Assert.DoesNotContain("puma", text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(trace);
        }
    }
}
