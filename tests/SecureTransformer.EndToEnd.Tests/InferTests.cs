using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

public class InferTests
{
    [Theory]
    [InlineData("replicated", "tcp", 3)]
    [InlineData("replicated", "memory", 3)]
    [InlineData("additive", "tcp", 2)]
    [InlineData("additive", "memory", 3)]
    [InlineData("plaintext", "tcp", 1)]
    [InlineData("plaintext", "memory", 1)]
    public async Task Cases_are_answered_as_the_reference_does_and_written_as_JSON(string protocol, string transport, int parties)
    {
        using var folder = new TemporaryFolder();
        (await Tool.RunAsync(
            90, ["infer", "--model", TemporaryFolder.Model, "--cases", TemporaryFolder.Cases, "--protocol", protocol, "--transport", transport, "--json", folder["out.json"], .. protocol == "additive" ? (string[])["--parties", $"{parties}"] : []])).AssertSucceeded();
        using var document = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement root = document.RootElement;
        Assert.Equal(["protocol", "parties", "transport", "model", "setup_seconds", "functions", "cases"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(protocol, root.GetProperty("protocol").GetString());
        Assert.Equal(parties, root.GetProperty("parties").GetInt32());
        Assert.True(root.GetProperty("setup_seconds").GetDouble() > 0);
        Assert.Equal(TemporaryFolder.Model, root.GetProperty("model").GetString());
        if (parties > 1)
        {
            Assert.Equal(transport, root.GetProperty("transport").GetString());
        }

        using var expected = JsonDocument.Parse(File.ReadAllBytes(TemporaryFolder.Cases));
        JsonElement[] wanted = [.. expected.RootElement.GetProperty("cases").EnumerateArray()];
        JsonElement[] given = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.Equal(15, wanted.Length);
        Assert.Equal(wanted.Select(c => c.GetProperty("name").GetString()), given.Select(c => c.GetProperty("name").GetString()));
        for (int i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(["name", "logits", "seconds", "seconds_offline", "bytes_sent_total", "bytes_offline", "bytes_sent_by_party", "rounds"], given[i].EnumerateObject().Select(p => p.Name));
            double[] reference = Numbers(wanted[i].GetProperty("expected").GetProperty("logits"));
            double[] logits = Numbers(given[i].GetProperty("logits"));
            Assert.Equal(reference.Length, logits.Length);
            double bound = protocol == "plaintext" ? 1e-9 : 0.02;
            Assert.All(reference.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, bound));
            Assert.Equal(Array.IndexOf(reference, reference.Max()), Array.IndexOf(logits, logits.Max()));
            long[] byParty = [.. given[i].GetProperty("bytes_sent_by_party").EnumerateArray().Select(e => e.GetInt64())];
            Assert.Equal(parties, byParty.Length);
            Assert.All(byParty, bytes => Assert.True(bytes > 0));
            Assert.True(given[i].GetProperty("bytes_sent_total").GetInt64() > byParty.Sum());
            Assert.True(given[i].GetProperty("rounds").GetInt32() >= 2);
            Assert.True(given[i].GetProperty("seconds").GetDouble() > 0);
            Assert.Equal(protocol == "additive", given[i].GetProperty("seconds_offline").GetDouble() > 0);
            Assert.Equal(protocol == "additive", given[i].GetProperty("bytes_offline").GetInt64() > 0);
        }
    }

    /// <summary>Text, padding in the middle of it, and two segments; both answers.</summary>
    [Theory]
    [InlineData(4, 1, "text 2", "hole in the mask", "two segments")]
    [InlineData(7, 2, "text 2", "hole in the mask")]
    public async Task Nodes_that_share_by_Shamir_each_a_process_answer_as_the_reference_does(int parties, int threshold, params string[] names)
    {
        using var folder = new TemporaryFolder();
        using var expected = JsonDocument.Parse(File.ReadAllBytes(TemporaryFolder.Cases));
        JsonElement[] wanted = [.. names.Select(name => expected.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").ValueEquals(name)))];
        File.WriteAllText(folder["cases.json"], $$"""{ "cases": [ {{string.Join(",", wanted.Select(c => c.GetRawText()))}} ] }""");
        (await Tool.RunAsync(
            180, "infer", "--model", TemporaryFolder.Model, "--cases", folder["cases.json"], "--transport", "tcp", "--protocol", "shamir",
            "--parties", $"{parties}", "--threshold", $"{threshold}", "--json", folder["out.json"])).AssertSucceeded();
        using var document = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement root = document.RootElement;
        Assert.Equal(("shamir", parties, "tcp"), (root.GetProperty("protocol").GetString(), root.GetProperty("parties").GetInt32(), root.GetProperty("transport").GetString()));
        JsonElement[] given = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.Equal(names, given.Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(2, wanted.Select(c => Likeliest(Numbers(c.GetProperty("expected").GetProperty("logits")))).Distinct().Count());
        for (int i = 0; i < wanted.Length; i++)
        {
            double[] reference = Numbers(wanted[i].GetProperty("expected").GetProperty("logits"));
            double[] logits = Numbers(given[i].GetProperty("logits"));
            Assert.Equal(reference.Length, logits.Length);
            Assert.All(reference.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.02));
            Assert.Equal(Likeliest(reference), Likeliest(logits));

            // All parties answer, and make each other's randomness.
            Assert.False(given[i].TryGetProperty("faults", out _));
            long[] byParty = [.. given[i].GetProperty("bytes_sent_by_party").EnumerateArray().Select(e => e.GetInt64())];
            Assert.Equal(parties, byParty.Length);
            Assert.All(byParty, bytes => Assert.True(bytes > 0));
            Assert.InRange(given[i].GetProperty("bytes_offline").GetInt64(), 1, byParty.Sum() - 1);
        }

        static int Likeliest(double[] logits) => Array.IndexOf(logits, logits.Max());
    }

    [Fact]
    public async Task Keys_of_local_parties_are_private_while_they_exist_and_gone_afterwards()
    {
        using var folder = new TemporaryFolder();
        using var tool = Tool.Start(folder.Path, ["infer", "--model", TemporaryFolder.Model, "--text", "my mother cannot breathe.", "--transport", "tcp"]);
        var modes = new HashSet<(string File, UnixFileMode Mode)>();
        await tool.WaitForAsync(_ =>
        {
            Look();
            return modes.Count(m => m.File.EndsWith(".p12", StringComparison.Ordinal)) == 3;
        });
        ToolResult result = (await tool.ExitAsync(30)).AssertSucceeded();
        Assert.StartsWith("urgent", result.Output, StringComparison.Ordinal);
        Assert.Contains("rounds", result.Output, StringComparison.Ordinal);
        Assert.All(modes, m => Assert.Equal(m.File.EndsWith(".p12", StringComparison.Ordinal) ? UnixFileMode.UserRead | UnixFileMode.UserWrite : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, m.Mode));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "secure-transformer-*"));

        void Look()
        {
            try
            {
                foreach (string keys in Directory.GetDirectories(folder.Path, "secure-transformer-*"))
                {
                    modes.Add(("folder", File.GetUnixFileMode(keys)));
                    foreach (string file in Directory.GetFiles(keys, "*.p12"))
                    {
                        modes.Add((Path.GetFileName(file), File.GetUnixFileMode(file)));
                    }
                }
            }
            catch (IOException)
            {
                // Removed while it was looked at.
            }
        }
    }

    [Fact]
    public async Task Parties_end_and_no_key_stays_when_their_parent_is_killed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["many.json"], ManyCases());
        using var tool = Tool.Start(folder.Path, ["infer", "--model", TemporaryFolder.Model, "--cases", folder["many.json"], "--transport", "tcp"]);
        await tool.WaitForAsync(t => t.Output.Contains("text 1 ", StringComparison.Ordinal));
        int[] children = Children(tool.Id);
        Assert.Equal(3, children.Length);
        tool.Kill();
        for (int i = 0; i < 500 && children.Any(Runs); i++)
        {
            await Task.Delay(20);
        }

        Assert.DoesNotContain(children, Runs);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "secure-transformer-*"));

        static bool Runs(int id) => File.Exists($"/proc/{id}/stat") && !Stat(id).EndsWith(" Z", StringComparison.Ordinal);
    }

    /// <summary>The reference's cases over and over: a run that lasts.</summary>
    internal static string ManyCases()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TemporaryFolder.Cases));
        string[] cases = [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetRawText())];
        return $$"""{ "cases": [ {{string.Join(",", Enumerable.Repeat(cases, 200).SelectMany(c => c))}} ] }""";
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    private static int[] Children(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int id) ? id : 0).Where(id => id > 0 && Stat(id).StartsWith($"{parent} ", StringComparison.Ordinal))];

    /// <summary>Parent and state of a process.</summary>
    private static string Stat(int id)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return $"{fields[1]} {fields[0]}";
        }
        catch (IOException)
        {
            return "0 Z";
        }
    }
}
