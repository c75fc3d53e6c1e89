using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Calibration;

public sealed class ModelCalibrationTests
{
    private static readonly string[] s_texts = ["my mother cannot breathe.", "i need a new appointment for next week."];

    [Theory]
    [InlineData("bert-triage", "encoder.layer")]
    [InlineData("gpt2-arith", "decoder.layer")]
    [InlineData("llama-story", "decoder.layer")]
    public async Task Reference_models_fit_and_every_layer_is_named(string model, string layer)
    {
        CalibrationReport report = await ModelCalibration.RunAsync(DirectoryOf(model), Ids(model));
        Assert.True(report.Fits);
        report.RequireFit();
        Assert.Null(report.FirstOverflow);
        Assert.Null(report.FixedPointFailure);
        Assert.Null(report.SuggestedFractionalBits);
        Assert.Equal((18, 2, 19L), (report.FractionalBits, report.Texts, report.Tokens));
        Assert.All(report.Operations, o => Assert.InRange(o.HeadroomBits, 0.01, 62));
        Assert.All(report.Operations, o => Assert.NotNull(o.Scope));
        for (int i = 0; i < 2; i++)
        {
            Assert.Contains(report.Operations, o => o.Scope == $"{layer}.{i}/attention" && o.Operation == "matmul");
            Assert.Contains(report.Operations, o => o.Scope == $"{layer}.{i}/attention" && o.Operation == "exp");
            Assert.Contains(report.Operations, o => o.Scope == $"{layer}.{i}/attention/norm" && o.Operation == "dot");
            Assert.Contains(report.Operations, o => o.Scope == $"{layer}.{i}/feed-forward" && o.Operation == "matmul");
            Assert.Contains(report.Operations, o => o.Scope == $"{layer}.{i}/feed-forward/norm" && o.Operation == "dot");
        }

        Assert.Equal(report.Operations.Count, report.Operations.Select(o => o.ToString()).Distinct().Count());
        Assert.Equal(report.Operations.Min(o => o.HeadroomBits), report.NarrowestByOperation[0].HeadroomBits);
        Assert.InRange(report.ComparisonBits, 18, MpcSession.DefaultWidth - 8);
    }

    [Fact]
    public async Task Magnitudes_are_those_of_the_plaintext_run()
    {
        int[] ids = Ids("bert-triage")[0];
        CalibrationReport report = await ModelCalibration.RunAsync(DirectoryOf("bert-triage"), new[] { ids });
        var item = new BertCase { Name = "", InputIds = ids, Mask = [.. ids.Select(_ => true)], TokenTypes = new int[ids.Length] };
        BertResult[] results = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, BertRuns.Triage, BertRuns.TriageWeights(), [item], observe: true);
        Assert.Equal(Largest(results[0].Logits), Magnitude("classifier", "add"), 1e-12);
        Assert.Equal(Math.ScaleB(1, 26), Math.Pow(2, Find("classifier", "matmul").HeadroomBits) * Magnitude("classifier", "matmul"), 1);
        Assert.Equal(43 - 18 - Math.Log2(Magnitude("encoder.layer.0/feed-forward", "gelu")), Find("encoder.layer.0/feed-forward", "gelu").HeadroomBits, 1e-9);

        OperationRange Find(string scope, string operation) => report.Operations.Single(o => o.Scope == scope && o.Operation == operation);
        double Magnitude(string scope, string operation) => Find(scope, operation).Magnitude;
        static double Largest(double[] values) => values.Max(Math.Abs);
    }

    [Fact]
    public async Task Texts_are_tokenised_and_the_largest_magnitude_over_all_is_kept()
    {
        string directory = DirectoryOf("bert-triage");
        CalibrationReport both = await ModelCalibration.RunAsync(directory, s_texts);
        CalibrationReport first = await ModelCalibration.RunAsync(directory, s_texts[..1]);
        CalibrationReport second = await ModelCalibration.RunAsync(directory, s_texts[1..]);
        Assert.Equal(first.Tokens + second.Tokens, both.Tokens);
        foreach (OperationRange range in both.Operations)
        {
            double[] apart = [.. first.Operations.Concat(second.Operations).Where(o => o.ToString() == range.ToString()).Select(o => o.HeadroomBits)];
            Assert.Equal(apart.Min(), range.HeadroomBits);
        }
    }

    [Theory]
    [InlineData("bert-triage", "bert.encoder.layer.1.intermediate.dense.weight", "encoder.layer.1", "")]
    [InlineData("bert-triage", "bert.encoder.layer.0.attention.output.dense.weight", "encoder.layer.0", "/attention/norm")]
    [InlineData("gpt2-arith", "transformer.h.1.attn.c_proj.weight", "decoder.layer.1", "/feed-forward/norm")]
    [InlineData("llama-story", "model.layers.1.self_attn.o_proj.weight", "decoder.layer.1", "/feed-forward/norm")]
    public async Task A_model_with_one_layer_too_large_is_refused_with_that_layer_named(string model, string tensor, string layer, string part)
    {
        using var scaled = new ScaledModel(DirectoryOf(model), tensor, 1e5f);
        CalibrationReport report = await ModelCalibration.RunAsync(scaled.Path, Ids(model), new CalibrationOptions { CheckInFixedPoint = false });
        Assert.False(report.Fits);
        Assert.NotNull(report.FirstOverflow);
        Assert.StartsWith(layer + part, report.FirstOverflow.Scope, StringComparison.Ordinal);
        Assert.Contains(report.FirstOverflow.Operation, (string[])["multiply", "truncate", "dot"]); // the mean of a row, or its sum of squares
        Assert.Contains(report.FirstOverflow, report.Operations);
        if (model == "bert-triage")
        {
            // Each block ends with a normalisation, so that what follows is small again.
            Assert.All(report.Operations.Where(o => !o.Fits), o => Assert.StartsWith(layer + "/", o.Scope, StringComparison.Ordinal));
        }

        string message = Assert.Throws<OverflowException>(report.RequireFit).Message;
        Assert.Contains($"{report.FirstOverflow.Scope}: {report.FirstOverflow.Operation}", message, StringComparison.Ordinal);
        Assert.Contains(scaled.Path, message, StringComparison.Ordinal);
        Assert.Contains(report.SuggestedFractionalBits is { } bits ? $"--precision-bits {bits}" : "No number of fractional bits", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert-triage", "bert.encoder.layer.1.output.dense.weight", 3e4f)]
    [InlineData("gpt2-arith", "transformer.h.1.attn.c_proj.weight", 3e3f)]
    public async Task The_suggested_precision_is_the_largest_that_fits(string model, string tensor, float factor)
    {
        using var scaled = new ScaledModel(DirectoryOf(model), tensor, factor);
        CalibrationReport report = await ModelCalibration.RunAsync(scaled.Path, Ids(model));
        int bits = Assert.NotNull(report.SuggestedFractionalBits);
        Assert.InRange(bits, 8, 17);
        Assert.True((await ModelCalibration.RunAsync(scaled.Path, Ids(model), new CalibrationOptions { FractionalBits = bits })).Fits);
        Assert.False((await ModelCalibration.RunAsync(scaled.Path, Ids(model), new CalibrationOptions { FractionalBits = bits + 1 })).Fits);
    }

    [Fact]
    public async Task The_fixed_point_run_leaves_its_range_in_the_same_place()
    {
        using var scaled = new ScaledModel(DirectoryOf("bert-triage"), "bert.encoder.layer.1.output.dense.weight", 1e5f);
        int[] ids = Ids("bert-triage")[0];
        CalibrationReport report = await ModelCalibration.RunAsync(scaled.Path, new[] { ids });
        using var weights = ModelWeights.Open(scaled.Path);
        var item = new BertCase { Name = "", InputIds = ids, Mask = [.. ids.Select(_ => true)], TokenTypes = new int[ids.Length] };
        var error = await Assert.ThrowsAsync<OverflowException>(() => BertRuns.RunAsync(MpcProtocol.PlaintextFixedPoint, BertRuns.Triage, Values, [item]));
        Assert.StartsWith(report.FirstOverflow!.Scope!, error.Message, StringComparison.Ordinal);

        double[] Values(WeightSpec spec)
        {
            double[] values = new double[spec.Shape.Count];
            WeightSource.Reader(weights, spec)(0, values);
            return values;
        }
    }

    [Fact]
    public async Task What_overflows_within_an_approximation_is_found_by_the_fixed_point_run()
    {
        // The square of MPCFormer's activation is eight times its result, and stands at 36 fractional bits before its truncation.
        using var model = new ScaledModel(DirectoryOf("bert-triage"), "bert.encoder.layer.1.intermediate.dense.weight", 6000);
        model.Scale("bert.encoder.layer.1.output.dense.weight", 1e-7f);
        model.Configure("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"quad\"");
        CalibrationReport measured = await ModelCalibration.RunAsync(model.Path, Ids("bert-triage"), new CalibrationOptions { CheckInFixedPoint = false });
        Assert.True(measured.Fits);
        CalibrationReport report = await ModelCalibration.RunAsync(model.Path, Ids("bert-triage"));
        Assert.False(report.Fits);
        Assert.Null(report.FirstOverflow);
        Assert.StartsWith("encoder.layer.1/feed-forward: product", report.FixedPointFailure, StringComparison.Ordinal);
        int bits = Assert.NotNull(report.SuggestedFractionalBits);
        string message = Assert.Throws<OverflowException>(report.RequireFit).Message;
        Assert.Contains(report.FixedPointFailure!, message, StringComparison.Ordinal);
        Assert.Contains($"--precision-bits {bits} ", message, StringComparison.Ordinal);
        Assert.True((await ModelCalibration.RunAsync(model.Path, Ids("bert-triage"), new CalibrationOptions { FractionalBits = bits })).Fits);
        Assert.False((await ModelCalibration.RunAsync(model.Path, Ids("bert-triage"), new CalibrationOptions { FractionalBits = bits + 1 })).Fits);
    }

    [Fact]
    public async Task What_cannot_be_run_is_refused()
    {
        string directory = DirectoryOf("gpt2-arith");
        await RefusedAsync<ArgumentException>([], null, "no text");
        await RefusedAsync<ArgumentException>([[1], []], null, "Text 2 has 0 tokens");
        await RefusedAsync<ArgumentException>([new int[129]], null, "between 1 and 128");
        await RefusedAsync<ArgumentException>([[357]], null, "outside [0, 357)");
        await RefusedAsync<ArgumentException>([[-1]], null, "outside [0, 357)");
        await RefusedAsync<ArgumentOutOfRangeException>([[1]], new CalibrationOptions { FractionalBits = 25 }, "FractionalBits");
        await RefusedAsync<ArgumentOutOfRangeException>([[1]], new CalibrationOptions { FractionalBits = 7 }, "FractionalBits");

        async Task RefusedAsync<T>(int[][] tokens, CalibrationOptions? options, string part)
            where T : Exception
        {
            T error = await Assert.ThrowsAsync<T>(() => ModelCalibration.RunAsync(directory, tokens, options));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_long_text_goes_through_a_decoder_in_parts_and_a_cancelled_run_ends()
    {
        int[] ids = [.. Enumerable.Range(0, 100).Select(i => i % 300)];
        CalibrationReport report = await ModelCalibration.RunAsync(DirectoryOf("gpt2-arith"), new[] { ids }, new CalibrationOptions { CheckInFixedPoint = false });
        Assert.Equal(100, report.Tokens);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ModelCalibration.RunAsync(DirectoryOf("gpt2-arith"), new[] { ids }, cancellationToken: cancelled.Token));
    }

    private static string DirectoryOf(string model) => Path.Combine(AppContext.BaseDirectory, "Models", model);

    /// <summary>Two texts of 19 tokens together, any tokens.</summary>
    private static int[][] Ids(string model)
    {
        int start = model == "bert-triage" ? 2 : 5;
        return [[.. Enumerable.Range(start, 12)], [.. Enumerable.Range(40, 7)]];
    }
}
