using System.Text.Json;
using SecureTransformer.Transport;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>The way to a network of several machines, walked on loopback with the tool alone.</summary>
public class SeveralMachinesTests
{
    [Fact]
    public async Task Keys_network_check_party_load_infer_and_stop()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["party-0", "party-1", "party-2", "owner", "client"];
        string[] fingerprints = await Task.WhenAll(names.Select(async name =>
            (await Tool.RunAsync(20, "keys", "--name", name, "--out", folder[$"{name}.p12"])).AssertSucceeded().Output.Trim()));
        Assert.All(names, name => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder[$"{name}.p12"])));
        (await Tool.RunAsync(20, "keys", "--name", "again", "--out", folder["client.p12"])).AssertFailed("client.p12");

        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(3);
        List<string> arguments = ["network", "--out", folder["network.json"], "--owner", fingerprints[3], "--client", fingerprints[4]];
        for (int i = 0; i < 3; i++)
        {
            arguments.AddRange(["--party", $"127.0.0.1:{ports[i]}={fingerprints[i]}"]);
        }

        (await Tool.RunAsync(20, [.. arguments])).AssertSucceeded();
        ToolResult before = (await Check("party-0", "--model", TemporaryFolder.Model)).AssertSucceeded();
        Assert.Contains($"port {ports[0]}: free on this host", before.Output, StringComparison.Ordinal);
        Assert.Contains("model: bert", before.Output, StringComparison.Ordinal);

        Tool[] parties = [.. Enumerable.Range(0, 3).Select(i => Tool.Start("party", "--network", folder["network.json"], "--key", folder[$"party-{i}.p12"]))];
        try
        {
            (await Tool.RunAsync(30, "load", "--network", folder["network.json"], "--key", folder["owner.p12"], "--model", TemporaryFolder.Model)).AssertSucceeded();
            ToolResult after = (await Check("client")).AssertSucceeded();
            Assert.Contains("models: all parties hold the same", after.Output, StringComparison.Ordinal);
            Assert.Equal(3, after.Output.Split("certificate as listed").Length - 1);
            ToolResult taken = await Check("party-0");
            Assert.Equal(1, taken.ExitCode);
            Assert.Contains($"FAILED port {ports[0]}", taken.Output, StringComparison.Ordinal);

            // No protocol and precision: the defaults.
            File.WriteAllText(folder["client.json"], JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["network"] = "network.json",
                ["identity"] = "client.p12",
                ["model"] = TemporaryFolder.Model,
            }));
            ToolResult answer = (await Tool.RunAsync(30, "infer", "--client", folder["client.json"], "--text", "my mother cannot breathe.", "--json", folder["out.json"])).AssertSucceeded();
            Assert.StartsWith("urgent", answer.Output, StringComparison.Ordinal);
            using var written = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
            Assert.Equal("tcp", written.RootElement.GetProperty("transport").GetString());

            parties[0].Signal(Tool.SigTerm);
            parties[1].Signal(Tool.SigInt);
            Assert.Equal(0, (await parties[0].ExitAsync(10)).ExitCode);
            Assert.Equal(0, (await parties[1].ExitAsync(10)).ExitCode);
        }
        finally
        {
            foreach (Tool party in parties)
            {
                party.Dispose();
            }
        }

        Task<ToolResult> Check(string key, params string[] more) =>
            Tool.RunAsync(20, ["check", "--network", folder["network.json"], "--key", folder[$"{key}.p12"], .. more]);
    }

    [Theory]
    [InlineData("infer")]
    [InlineData("generate")]
    [InlineData("estimate")]
    [InlineData("keys")]
    [InlineData("network")]
    [InlineData("check")]
    [InlineData("party")]
    [InlineData("dealer")]
    [InlineData("preprocess")]
    [InlineData("load")]
    public async Task Every_command_explains_itself(string command)
    {
        ToolResult help = (await Tool.RunAsync(20, command, "--help")).AssertSucceeded();
        Assert.Contains("Description:", help.Output, StringComparison.Ordinal);
        Assert.Contains("Options:", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dance")]
    [InlineData("infer --model x")]
    [InlineData("infer --model x --client y --text z")]
    [InlineData("infer --model x --text z --protocol none")]
    [InlineData("infer --model x --text z --timeout 0")]
    [InlineData("infer --model x --text z --timeout soon")]
    [InlineData("party --network x")]
    [InlineData("dealer --network x")]
    [InlineData("infer --model x --text z --protocol additive --parties 9")]
    [InlineData("infer --model x --text z --parties 2")]
    [InlineData("infer --client x --text z --material y")]
    [InlineData("preprocess --out x")]
    [InlineData("preprocess --model x --out y --seq many")]
    public async Task Wrong_use_exits_with_2(string arguments)
    {
        ToolResult result = await Tool.RunAsync(20, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("error: ", result.Errors, StringComparison.Ordinal);
    }
}
