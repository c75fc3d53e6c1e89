using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary><c>--nonlinear</c>: what is chosen is what runs, and what is reported.</summary>
public class NonlinearTests
{
    [Theory]
    [InlineData("replicated", "tcp")]
    [InlineData("additive", "memory")]
    public async Task A_classifier_runs_with_the_functions_that_are_chosen_and_reports_them(string protocol, string transport)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["functions.json"], """{"default": {"activation": "gelu_quad", "attention": "2quad"}, "layers": {"1": {"attention": "2relu"}}}""");
        ToolResult result = (await RunAsync(protocol, transport, "out.json")).AssertSucceeded();
        Assert.Contains("functions: block 0: gelu_quad and 2quad; block 1: gelu_quad and 2relu; pooler: tanh", result.Output, StringComparison.Ordinal);
        using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement functions = written.RootElement.GetProperty("functions");
        Assert.Equal(["block 0", "block 1"], functions.GetProperty("blocks").EnumerateArray().Select(b => b.GetProperty("blocks").GetString()));
        Assert.Equal(["2quad", "2relu"], functions.GetProperty("blocks").EnumerateArray().Select(b => b.GetProperty("attention").GetString()));
        Assert.Equal("tanh", functions.GetProperty("pooler").GetString());

        (await RunAsync("plaintext", "memory", "exact.json")).AssertSucceeded();
        using var exact = JsonDocument.Parse(File.ReadAllBytes(folder["exact.json"]));
        Assert.All(LogitsOf(exact).Zip(LogitsOf(written)), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.02));

        Task<ToolResult> RunAsync(string which, string how, string json) => Tool.RunAsync(
            60, "infer", "--model", TemporaryFolder.Model, "--text", "my mother cannot breathe.", "--protocol", which, "--transport", how,
            "--nonlinear", folder["functions.json"], "--json", folder[json]);

        static double[] LogitsOf(JsonDocument document) => [.. document.RootElement.GetProperty("cases")[0].GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
    }

    [Fact]
    public async Task Estimates_and_answers_of_a_decoder_follow_the_choice()
    {
        string model = TemporaryFolder.Decoder("gpt2-arith");
        ToolResult exact = (await Tool.RunAsync(60, "estimate", "--model", model, "--seq", "16", "--no-measure")).AssertSucceeded();
        ToolResult quad = (await Tool.RunAsync(60, "estimate", "--model", model, "--seq", "16", "--no-measure", "--nonlinear", "mpcformer")).AssertSucceeded();
        Assert.Contains("functions: blocks 0 to 1: gelu_tanh and softmax", exact.Output, StringComparison.Ordinal);
        Assert.Contains("functions: blocks 0 to 1: gelu_quad and 2quad", quad.Output, StringComparison.Ordinal);
        ToolResult answer = (await Tool.RunAsync(60, "generate", "--model", model, "--prompt", "1+1=", "--max-new-tokens", "2", "--nonlinear", "puma")).AssertSucceeded();
        Assert.Contains("functions: blocks 0 to 1: gelu_puma and softmax_puma_5", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_expects_other_functions_than_the_owner_chose_is_refused_by_name()
    {
        using Deployment deployment = await new Deployment().StartAsync(nonlinear: "mpcformer");
        (await Tool.RunAsync(30, "infer", "--client", deployment.ClientFile(), "--text", "help.")).AssertFailed("nonlinear functions", "gelu and softmax", "gelu_quad and 2quad");
        ToolResult answer = (await Tool.RunAsync(30, "infer", "--client", deployment.ClientFile(nonlinear: "mpcformer"), "--text", "help.")).AssertSucceeded();
        Assert.Contains("gelu_quad and 2quad", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_wrong_is_named_with_what_is_wrong()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["functions.json"], """{"default": {"attention": "quad2"}}""");
        (await Tool.RunAsync(30, "estimate", "--model", TemporaryFolder.Model, "--no-measure", "--nonlinear", folder["functions.json"])).AssertFailed("functions.json", "default.attention", "quad2", "2quad");
        (await Tool.RunAsync(30, "estimate", "--model", TemporaryFolder.Model, "--no-measure", "--nonlinear", "puma2")).AssertFailed("puma2", "exact, puma, mpcformer");
        ToolResult wrong = await Tool.RunAsync(30, "infer", "--client", "x", "--text", "y", "--nonlinear", "puma");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("client file", wrong.Errors, StringComparison.Ordinal);
    }
}
