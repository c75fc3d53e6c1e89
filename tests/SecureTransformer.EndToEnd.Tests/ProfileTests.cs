using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>What <c>--profile</c> shows, what <c>--trace</c> writes, and profiles of parties on several machines.</summary>
public class ProfileTests
{
    [Fact]
    public async Task Processes_are_profiled_as_a_table_as_a_trace_and_as_JSON()
    {
        using var folder = new TemporaryFolder();
        using var tool = Tool.Start(
            folder.Path,
            ["infer", "--model", TemporaryFolder.Model, "--text", "my mother cannot breathe.", "--transport", "tcp", "--profile", "--trace", folder["trace.json"], "--json", folder["out.json"]]);
        ToolResult result = (await tool.ExitAsync(90)).AssertSucceeded();
        string[] lines = result.Output.Split('\n');
        Assert.StartsWith("urgent", lines[0], StringComparison.Ordinal);
        Assert.Single(lines, l => l.StartsWith("profile of 3 parties: ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("softmax ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("encoder.layer.*/attention ", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "secure-transformer-*"));

        using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement profile = written.RootElement.GetProperty("profile");
        Assert.Equal(["parties", "runs", "seconds", "waiting_seconds", "bytes_sent", "rounds", "seconds_by_party", "bytes_sent_by_party", "entries"], profile.EnumerateObject().Select(p => p.Name));
        JsonElement[] entries = [.. profile.GetProperty("entries").EnumerateArray()];
        Assert.Equal(["layer", "operation", "calls", "elements", "products", "seconds", "waiting_seconds", "bytes_sent", "rounds"], entries[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal((3, 1), (profile.GetProperty("parties").GetInt32(), profile.GetProperty("runs").GetInt32()));
        Assert.Equal(profile.GetProperty("bytes_sent").GetInt64(), entries.Sum(e => e.GetProperty("bytes_sent").GetInt64()));
        Assert.Equal(profile.GetProperty("rounds").GetInt32(), entries.Sum(e => e.GetProperty("rounds").GetInt32()));
        Assert.Equal(profile.GetProperty("seconds").GetDouble(), entries.Sum(e => e.GetProperty("seconds").GetDouble()), 1e-9);
        Assert.Equal(
            written.RootElement.GetProperty("cases")[0].GetProperty("bytes_sent_by_party").EnumerateArray().Select(b => b.GetInt64()),
            profile.GetProperty("bytes_sent_by_party").EnumerateArray().Select(b => b.GetInt64()));

        using var trace = JsonDocument.Parse(File.ReadAllBytes(folder["trace.json"]));
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Assert.Equal(3, events.Count(e => e.GetProperty("ph").ValueEquals("M")));
        JsonElement[][] byParty = [.. events.Where(e => e.GetProperty("ph").ValueEquals("X")).GroupBy(e => e.GetProperty("pid").GetInt32()).OrderBy(g => g.Key).Select(g => g.ToArray())];
        Assert.Equal(3, byParty.Length);
        Assert.All(byParty, own => Assert.Equal(byParty[0].Select(e => e.GetProperty("name").GetString()), own.Select(e => e.GetProperty("name").GetString())));
        Assert.All(byParty.SelectMany(own => own), e => Assert.True(e.GetProperty("ts").GetDecimal() >= 0 && e.GetProperty("dur").GetDecimal() >= 0));

        ToolResult shown = (await Tool.RunAsync(30, "profile", folder["trace.json"], "--full")).AssertSucceeded();
        Assert.Contains("encoder.layer.1/attention: softmax/exp/", shown.Output, StringComparison.Ordinal);
        Assert.Equal(lines.First(l => l.StartsWith("total ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries), shown.Output.Split('\n').First(l => l.StartsWith("total ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_continued_text_is_profiled_without_its_warm_up()
    {
        using var folder = new TemporaryFolder();
        ToolResult result = (await Tool.RunAsync(
            90, "generate", "--model", TemporaryFolder.Decoder("gpt2-arith"), "--ids", "1,2,3", "--max-new-tokens", "3", "--profile", "full", "--trace", folder["trace.json"])).AssertSucceeded();
        Assert.Contains("prompt/decoder.layer.0/attention: scores/matmul ", result.Output, StringComparison.Ordinal);
        Assert.Contains("token/decoder.layer.1/feed-forward: gelu_tanh/", result.Output, StringComparison.Ordinal);
        using var trace = JsonDocument.Parse(File.ReadAllBytes(folder["trace.json"]));
        string?[] names = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").ValueEquals("X")).Select(e => e.GetProperty("name").GetString())];
        Assert.Equal((3, 3, 6), (names.Count(n => n == "run"), names.Count(n => n == "prompt"), names.Count(n => n == "token")));
    }

    [Fact]
    public async Task Parties_on_several_machines_write_profiles_of_their_own()
    {
        using var deployment = new Deployment { HasProfiles = true };
        await deployment.StartAsync();
        ToolResult refused = await Tool.RunAsync(30, "infer", "--client", deployment.ClientFile(), "--text", "a mild cold.", "--profile");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("party --profile", refused.Errors, StringComparison.Ordinal);

        (await Tool.RunAsync(60, "infer", "--client", deployment.ClientFile(), "--text", "a mild cold.")).AssertSucceeded();
        string[] files = [];
        for (int i = 0; i < 500 && files.Length < 3; i++)
        {
            files = Directory.GetFiles(deployment["profiles"], "*.json", SearchOption.AllDirectories);
            await Task.Delay(20);
        }

        ToolResult shown = (await Tool.RunAsync(30, ["profile", .. files, "--trace", deployment["all.json"]])).AssertSucceeded();
        Assert.Contains("profile of 3 parties: ", shown.Output, StringComparison.Ordinal);
        (await Tool.RunAsync(30, "profile", files[0])).AssertSucceeded();
        Assert.True(new FileInfo(deployment["all.json"]).Length > files.Sum(f => new FileInfo(f).Length) / 2);
        (await Tool.RunAsync(30, "profile", deployment.Network)).AssertFailed("network.json", "no profile");
    }
}
