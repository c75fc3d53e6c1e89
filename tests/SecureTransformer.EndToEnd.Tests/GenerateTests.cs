using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Text continued with the tool: the reference's tokens, what is shown and written, and wrong use.</summary>
public class GenerateTests
{
    [Theory]
    [InlineData("gpt2-arith", "memory", "client")]
    [InlineData("gpt2-arith", "tcp", "private")]
    [InlineData("llama-story", "memory", "private")]
    [InlineData("llama-story", "tcp", "client")]
    public async Task The_generations_of_a_file_are_the_references_as_far_as_their_margins_are_wide(string model, string transport, string sampling)
    {
        using var folder = new TemporaryFolder();
        ToolResult result = (await Tool.RunAsync(
            120, "infer", "--model", TemporaryFolder.Decoder(model), "--cases", ExpectedOf(model), "--sampling", sampling, "--transport", transport, "--json", folder["out.json"])).AssertSucceeded();
        using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        using var expected = JsonDocument.Parse(File.ReadAllBytes(ExpectedOf(model)));
        Assert.Equal(["protocol", "parties", "transport", "model", "setup_seconds", "functions", "cases", "generations"], written.RootElement.EnumerateObject().Select(p => p.Name));
        JsonElement[] wanted = [.. expected.RootElement.GetProperty("generations").EnumerateArray()];
        JsonElement[] given = [.. written.RootElement.GetProperty("generations").EnumerateArray()];
        Assert.Equal(5, wanted.Length);
        Assert.Equal(wanted.Select(g => g.GetProperty("name").GetString()), given.Select(g => g.GetProperty("name").GetString()));
        for (int i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(
                [
                    "name", "new_ids", "seconds_prefill", "seconds_per_token", "seconds_offline_prefill", "seconds_offline_per_token",
                    "bytes_prefill", "bytes_per_token", "bytes_offline_prefill", "bytes_offline_per_token",
                ],
                given[i].EnumerateObject().Select(p => p.Name));
            AssertSame(wanted[i], Integers(given[i].GetProperty("new_ids")));
            Assert.All((string[])["seconds_prefill", "seconds_per_token", "bytes_prefill", "bytes_per_token"], name => Assert.True(given[i].GetProperty(name).GetDouble() > 0, name));
        }

        // With private sampling there are no logits to report.
        JsonElement[] cases = [.. expected.RootElement.GetProperty("cases").EnumerateArray()];
        JsonElement[] answers = [.. written.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(9, cases.Length);
        Assert.Equal(sampling == "client" ? cases.Length : 0, answers.Length);
        Assert.Equal(sampling == "private", result.Errors.Contains("9 cases are not run", StringComparison.Ordinal));
        for (int i = 0; i < answers.Length; i++)
        {
            int last = Array.LastIndexOf(Integers(cases[i].GetProperty("attention_mask")), 1);
            double[] reference = [.. cases[i].GetProperty("expected").GetProperty("logits")[last].EnumerateArray().Select(e => e.GetDouble())];
            double[] logits = [.. answers[i].GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
            Assert.Equal(reference.Length, logits.Length);
            Assert.All(reference.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.03));
        }
    }

    [Theory]
    [InlineData("gpt2-arith", "tcp", "client")]
    [InlineData("llama-story", "memory", "private")]
    public async Task A_text_is_continued_and_its_cost_told(string model, string transport, string sampling)
    {
        using var folder = new TemporaryFolder();
        JsonElement wanted = Generation(model, 0);

        // GPT-2's tokenizer adds no token of its own; the reference's texts begin with one.
        string prompt = (model == "gpt2-arith" ? "<|endoftext|>" : "") + wanted.GetProperty("prompt_text").GetString();
        ToolResult result = (await Tool.RunAsync(
            60, "generate", "--model", TemporaryFolder.Decoder(model), "--prompt", prompt, "--max-new-tokens", "3", "--transport", transport, "--sampling", sampling, "--json", folder["out.json"])).AssertSucceeded();
        using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement root = written.RootElement;
        Assert.Equal(["protocol", "parties", "transport", "model", "setup_seconds", "functions", "sampling", "generations"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal((transport, sampling), (root.GetProperty("transport").GetString(), root.GetProperty("sampling").GetString()));
        JsonElement one = Assert.Single(root.GetProperty("generations").EnumerateArray());
        int[] ids = Integers(one.GetProperty("new_ids"));
        Assert.Equal(Integers(wanted.GetProperty("new_ids"))[..ids.Length], ids);
        string text = one.GetProperty("text").GetString()!;
        Assert.StartsWith(wanted.GetProperty("prompt_text").GetString() + text.TrimEnd(), wanted.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(text, result.Output, StringComparison.Ordinal);
        Assert.True(one.GetProperty("rounds_prefill").GetInt32() > 100);
        Assert.True(one.GetProperty("rounds_per_token").GetDouble() > 100);
        Assert.Contains("per token", result.Output, StringComparison.Ordinal);

        // The story's answer has two tokens, of which the parties are not told.
        Assert.Equal(ids.Length < 3, result.Output.Contains("--stop-early saves the rest", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_texts_and_ids_without_a_tokenizer_are_continued_side_by_side()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(TemporaryFolder.Decoder("gpt2-arith"), file), folder[file]);
        }

        JsonElement[] wanted = [Generation("gpt2-arith", 0), Generation("gpt2-arith", 3)];
        ToolResult result = (await Tool.RunAsync(
            60, ["generate", "--model", folder.Path, "--max-new-tokens", "4", .. wanted.SelectMany(w => (string[])["--ids", string.Join(", ", Integers(w.GetProperty("prompt_ids")))])])).AssertSucceeded();
        Assert.StartsWith(
            string.Concat(wanted.Select((w, i) => $"[{i + 1}] {string.Join(' ', Integers(w.GetProperty("new_ids"))[..4])}\n")), result.Output, StringComparison.Ordinal);

        (await Tool.RunAsync(20, "generate", "--model", folder.Path, "--prompt", "12+7=")).AssertFailed("tokenizer");
    }

    [Fact]
    public async Task Parties_elsewhere_continue_a_text_of_a_client_that_has_no_weights()
    {
        using Deployment deployment = await new Deployment().StartAsync(model: TemporaryFolder.Decoder("gpt2-arith"));
        string publicFiles = Directory.CreateDirectory(deployment["public"]).FullName;
        File.Copy(Path.Combine(TemporaryFolder.Decoder("gpt2-arith"), "config.json"), Path.Combine(publicFiles, "config.json"));
        JsonElement wanted = Generation("gpt2-arith", 1);
        ToolResult result = (await Tool.RunAsync(
            60, "generate", "--client", deployment.ClientFile(publicFiles), "--ids", string.Join(',', Integers(wanted.GetProperty("prompt_ids"))), "--max-new-tokens", "4", "--sampling", "private", "--stop-early")).AssertSucceeded();
        Assert.StartsWith($"{string.Join(' ', Integers(wanted.GetProperty("new_ids"))[..4])}\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_draws_the_same_tokens_each_time()
    {
        using var folder = new TemporaryFolder();
        var drawn = new List<string>();
        foreach (string seed in (string[])["1", "1", "2"])
        {
            (await Tool.RunAsync(
                60, "generate", "--model", TemporaryFolder.Decoder("gpt2-arith"), "--protocol", "plaintext", "--ids", "356", "--max-new-tokens", "40", "--temperature", "1.5", "--top-k", "50", "--top-p", "0.95", "--seed", seed, "--json", folder["out.json"])).AssertSucceeded();
            using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
            drawn.Add(string.Join(' ', Integers(written.RootElement.GetProperty("generations")[0].GetProperty("new_ids"))));
        }

        Assert.Equal(drawn[0], drawn[1]);
        Assert.NotEqual(drawn[0], drawn[2]);
    }

    [Fact]
    public async Task Interrupted_in_mid_generation_it_ends_and_its_parties_do()
    {
        using var folder = new TemporaryFolder();
        using var tool = Tool.Start(
            folder.Path, ["generate", "--model", TemporaryFolder.Decoder("gpt2-arith"), "--ids", "1,2,3", "--max-new-tokens", "126", "--transport", "tcp", "--sampling", "private", "--verbose"]);
        await tool.WaitForAsync(t => t.Errors.Contains("reading the prompt", StringComparison.Ordinal));
        tool.Signal(Tool.SigInt);
        ToolResult result = await tool.ExitAsync(20);
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("cancelled", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "secure-transformer-*"));
    }

    [Theory]
    [InlineData("--prompt x --sampling private --seed 3", "--seed does not go with private sampling: a client who knew the noise")]
    [InlineData("--prompt x --sampling private --top-k 3", "--top-k does not go with private sampling: the parties do not know")]
    [InlineData("--prompt x --sampling private --top-p 0.9", "--top-p does not go with private sampling: the parties do not know")]
    [InlineData("--prompt x --stop-early --fixed-length", "--stop-early or --fixed-length")]
    [InlineData("--prompt x --ids 1,2", "--prompt")]
    [InlineData("--ids 1;2", "--ids")]
    [InlineData("--ids -1", "--ids")]
    [InlineData("--ids 356 --ids 1,357", "Prompt 2 has a token outside the model's vocabulary of 357")]
    [InlineData("--prompt ", "Prompt 1 has no token")]
    [InlineData("--prompt x --top-k many", "many")]
    [InlineData("--prompt x --temperature 101", "--temperature")]
    [InlineData("--prompt x --max-new-tokens 0", "--max-new-tokens")]
    [InlineData("--prompt x --timeout soon", "soon")]
    public async Task Wrong_use_exits_with_2_and_says_why(string arguments, string why)
    {
        ToolResult result = await Tool.RunAsync(20, ["generate", "--model", TemporaryFolder.Decoder("gpt2-arith"), .. arguments.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(why, Assert.Single(result.Errors.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_model_cannot_do_is_said_before_parties_start()
    {
        string decoder = TemporaryFolder.Decoder("gpt2-arith");
        await FailsAsync(["generate", "--model", decoder, "--ids", "1,2,3", "--max-new-tokens", "127"], "3 tokens of the prompt and 127 new ones", "context of 128");
        await FailsAsync(["generate", "--model", TemporaryFolder.Model, "--prompt", "x"], "no model that generates text");
        await FailsAsync(["infer", "--model", decoder, "--text", "x"], "'generate'");

        static async Task FailsAsync(string[] arguments, params string[] things)
        {
            ToolResult result = await Tool.RunAsync(20, arguments);
            result.AssertFailed(things);
            Assert.DoesNotContain("starting", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_estimate_of_a_generation_is_told()
    {
        ToolResult result = (await Tool.RunAsync(20, "estimate", "--model", TemporaryFolder.Decoder("llama-story"), "--seq", "5", "--new-tokens", "4", "--sampling", "private", "--network", "40,200", "--no-measure")).AssertSucceeded();
        Assert.All((string[])["prompt: choice", "prompt: total", "last token: decoder.layer.1/attention", "last token: total", "total of 4 tokens"], row => Assert.Contains(row, result.Output, StringComparison.Ordinal));
        Assert.Contains("memory of a party: ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_estimate_measures_the_machine()
    {
        using var folder = new TemporaryFolder();
        string file = folder["estimate.json"];
        (await Tool.RunAsync(60, "estimate", "--model", TemporaryFolder.Decoder("gpt2-arith"), "--seq", "5", "--network", "wan", "--one-machine", "--json", file)).AssertSucceeded();
        JsonElement figures = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
        Assert.InRange(figures.GetProperty("seconds_by_unit").GetProperty("multiply_add").GetDouble(), 1e-13, 1e-6);
        Assert.Equal((40, 200), (figures.GetProperty("round_trip_ms").GetDouble(), figures.GetProperty("mbps").GetDouble()));
        JsonElement total = figures.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("part").GetString() == "prompt: total");

        // Each round takes a one-way delay.
        Assert.InRange(total.GetProperty("network_seconds").GetDouble(), 0.02 * total.GetProperty("rounds").GetInt32(), 0.022 * total.GetProperty("rounds").GetInt32());
        Assert.InRange(total.GetProperty("seconds").GetDouble(), total.GetProperty("network_seconds").GetDouble(), total.GetProperty("network_seconds").GetDouble() + total.GetProperty("compute_seconds").GetDouble());
    }

    private static string ExpectedOf(string model) => Path.Combine(AppContext.BaseDirectory, $"{model}.expected.json");

    private static JsonElement Generation(string model, int index) => JsonDocument.Parse(File.ReadAllBytes(ExpectedOf(model))).RootElement.GetProperty("generations")[index];

    private static void AssertSame(JsonElement wanted, int[] given)
    {
        int[] reference = Integers(wanted.GetProperty("new_ids"));
        double[] margins = [.. wanted.GetProperty("margins").EnumerateArray().Select(e => e.GetDouble())];
        Assert.Equal(reference.Length, given.Length);
        int sure = margins.TakeWhile(m => m > 0.1).Count();
        Assert.True(sure >= 2);
        Assert.Equal(reference[..sure], given[..sure]);
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
