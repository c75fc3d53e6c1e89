using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Material made ahead of time in place of a dealer: made, used up, and served with by parties on several machines.</summary>
[Collection("time-outs")]
public class MaterialTests
{
    private const string Text = "my mother cannot breathe.";

    [Theory]
    [InlineData("memory")]
    [InlineData("tcp")]
    public async Task Cases_are_answered_as_the_reference_does_until_the_material_is_spent(string transport)
    {
        using var folder = new TemporaryFolder();
        using var expected = JsonDocument.Parse(File.ReadAllBytes(TemporaryFolder.Cases));
        JsonElement[] wanted = [.. expected.RootElement.GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("input_ids").GetArrayLength() <= 20).Take(3)];
        Assert.Equal(3, wanted.Select(c => c.GetProperty("input_ids").GetArrayLength()).Distinct().Count());
        File.WriteAllText(folder["cases.json"], $$"""{ "cases": [ {{string.Join(",", wanted.Select(c => c.GetRawText()))}} ] }""");
        ToolResult made = (await PreprocessAsync(folder["material"], 4)).AssertSucceeded();
        Assert.Contains("Material for 4 requests of 20 tokens", made.Output, StringComparison.Ordinal);
        Assert.Equal(["party-0", "party-1"], Directory.GetDirectories(folder["material"]).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetDirectories(folder["material"]), part => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(part)));

        (await InferAsync("--cases", folder["cases.json"], "--json", folder["out.json"])).AssertSucceeded();
        using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement[] given = [.. written.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(wanted.Length, given.Length);
        for (int i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(
                ["name", "logits", "seconds", "seconds_offline", "bytes_sent_total", "bytes_offline", "bytes_sent_by_party", "rounds", "material_left"],
                given[i].EnumerateObject().Select(p => p.Name));
            double[] reference = Numbers(wanted[i].GetProperty("expected").GetProperty("logits"));
            double[] logits = Numbers(given[i].GetProperty("logits"));
            Assert.Equal(reference.Length, logits.Length);
            Assert.All(reference.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.02));
            Assert.Equal(3 - i, given[i].GetProperty("material_left").GetInt32());
            Assert.Equal(0, given[i].GetProperty("bytes_offline").GetInt64());
            Assert.Equal(0, given[i].GetProperty("seconds_offline").GetDouble());
        }

        ToolResult last = (await InferAsync("--text", Text)).AssertSucceeded();
        Assert.StartsWith("urgent", last.Output, StringComparison.Ordinal);
        Assert.Contains("stored material is left for 0 more requests", last.Output, StringComparison.Ordinal);
        (await InferAsync("--text", Text)).AssertFailed("party ", "stored material is spent: all 4 runs are used");

        Task<ToolResult> InferAsync(params string[] what) => Tool.RunAsync(
            60, ["infer", "--model", TemporaryFolder.Model, "--protocol", "additive", "--transport", transport, "--material", folder["material"], .. what]);
        static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];
    }

    [Fact]
    public async Task Material_is_written_to_a_folder_of_its_own_and_used_by_as_many_parties_as_it_is_for()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder["full"]).FullName, "letter.txt"), "dear");
        (await PreprocessAsync(folder["full"], 1)).AssertFailed(folder["full"]);
        Assert.Single(Directory.GetFileSystemEntries(folder["full"]));
        (await PreprocessAsync(folder["material"], 1)).AssertSucceeded();
        (await PreprocessAsync(folder["material"], 1)).AssertFailed(folder["material"]);
        (await Tool.RunAsync(
            30, "infer", "--model", TemporaryFolder.Model, "--text", Text, "--protocol", "additive", "--parties", "3", "--material", folder["material"])).AssertFailed("between 2 parties", "between 3");
        (await Tool.RunAsync(30, "infer", "--model", TemporaryFolder.Model, "--text", Text, "--protocol", "additive", "--material", folder["none"])).AssertFailed(folder["none"]);
    }

    [Fact]
    public async Task Parties_on_several_machines_serve_without_a_dealer()
    {
        using var deployment = new Deployment(2, "additive", hasDealer: false);
        deployment.Material = deployment["material"];
        (await PreprocessAsync(deployment["material"], 3)).AssertSucceeded();
        await deployment.StartAsync();
        ToolResult answer = (await Tool.RunAsync(
            30, "infer", "--client", deployment.ClientFile(padTo: 20), "--text", Text, "--json", deployment["out.json"])).AssertSucceeded();
        Assert.StartsWith("urgent", answer.Output, StringComparison.Ordinal);
        using var written = JsonDocument.Parse(File.ReadAllBytes(deployment["out.json"]));
        Assert.Equal(2, written.RootElement.GetProperty("cases")[0].GetProperty("material_left").GetInt32());
        (await Deployment.AskAsync(deployment.ClientFile())).AssertFailed("party ", "to classify 20 tokens: pad the text to 20");

        // The parties go on where they stood, one of them was killed.
        deployment.Parties[0].Signal(Tool.SigTerm);
        Assert.Equal(0, (await deployment.Parties[0].ExitAsync(10)).ExitCode);
        deployment.Parties[1].Kill();
        await deployment.Parties[1].ExitAsync(10);
        Array.ForEach(deployment.Parties, party => party.Dispose());
        await deployment.StartAsync();
        answer = (await Deployment.AskAsync(deployment.ClientFile(padTo: 20))).AssertSucceeded();
        Assert.Contains("stored material is left for 1 more requests", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_dealer_is_dead_parties_with_material_go_on()
    {
        using var deployment = new Deployment(2, "additive");
        deployment.Material = deployment["material"];
        (await PreprocessAsync(deployment["material"], 2)).AssertSucceeded();
        await deployment.StartAsync(timeout: 4);
        Assert.StartsWith("urgent", (await Deployment.AskAsync(deployment.ClientFile(padTo: 20))).AssertSucceeded().Output, StringComparison.Ordinal);
        deployment.Dealer!.Kill();
        ToolResult dead = await deployment.Dealer.ExitAsync(10);
        Assert.DoesNotContain("The dealer: session", dead.Output + dead.Errors, StringComparison.Ordinal);
        Assert.StartsWith("urgent", (await Deployment.AskAsync(deployment.ClientFile(padTo: 20))).AssertSucceeded().Output, StringComparison.Ordinal);
        (await Deployment.AskAsync(deployment.ClientFile(padTo: 20))).AssertFailed("party ", "spent");
    }

    private static Task<ToolResult> PreprocessAsync(string folder, int count) =>
        Tool.RunAsync(60, "preprocess", "--model", TemporaryFolder.Model, "--seq", "20", "--count", $"{count}", "--out", folder);
}
