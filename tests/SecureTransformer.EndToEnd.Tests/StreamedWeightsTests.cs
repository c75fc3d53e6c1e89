using System.Text.Json;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Party processes that keep their shares in files.</summary>
public class StreamedWeightsTests
{
    private static string Model => Path.Combine(AppContext.BaseDirectory, "gpt2-arith");

    [Fact]
    public async Task Three_processes_stream_a_decoder_and_leave_no_file()
    {
        using var deployment = new Deployment();
        Tool[] parties = [.. Enumerable.Range(0, 3).Select(i => Tool.Start(
            "party", "--network", deployment.Network, "--key", deployment.Key($"party-{i}"), "--timeout", "10", "--stream-weights", deployment[$"shares-{i}"]))];
        try
        {
            (await deployment.LoadAsync(Model)).AssertSucceeded();
            Assert.All(Enumerable.Range(0, 3), i => Assert.True(File.Exists(Path.Combine(deployment[$"shares-{i}"], $"party-{i}.shares"))));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(deployment["shares-0"]));

            using var expected = JsonDocument.Parse(File.ReadAllBytes(Model + ".expected.json"));
            JsonElement generation = expected.RootElement.GetProperty("generations")[0];
            int[] wanted = [.. generation.GetProperty("new_ids").EnumerateArray().Select(e => e.GetInt32())];
            double[] margins = [.. generation.GetProperty("margins").EnumerateArray().Select(e => e.GetDouble())];
            int sure = Array.FindIndex(margins, m => m <= 0.1) is >= 0 and var first ? first : wanted.Length;
            await using InferenceClient client = InferenceClient.Connect(deployment.ClientFile(Model));
            var tokens = new List<int>();
            int[] prompt = [.. generation.GetProperty("prompt_ids").EnumerateArray().Select(e => e.GetInt32())];
            await foreach (GeneratedToken token in client.GenerateAsync(prompt, new GenerationOptions { MaxNewTokens = wanted.Length, EndTokenIds = [] }))
            {
                tokens.Add(token.Id);
            }

            Assert.True(sure >= 2);
            Assert.Equal(wanted.Take(sure), tokens.Take(sure));

            foreach (Tool party in parties)
            {
                party.Signal(Tool.SigTerm);
            }

            Assert.All(await Task.WhenAll(parties.Select(p => p.ExitAsync(10))), result => Assert.Equal(0, result.ExitCode));
            Assert.All(Enumerable.Range(0, 3), i => Assert.Empty(Directory.GetFiles(deployment[$"shares-{i}"])));
        }
        finally
        {
            foreach (Tool party in parties)
            {
                party.Dispose();
            }
        }
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("tcp")]
    public async Task The_tool_generates_alike_with_streamed_weights_and_leaves_nothing(string transport)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["generate", "--model", Model, "--ids", "1,5,9", "--max-new-tokens", "5", "--fixed-length", "--transport", transport];
        ToolResult resident = (await Tool.RunAsync(60, arguments)).AssertSucceeded();
        ToolResult streamed = (await Tool.RunAsync(60, [.. arguments, "--stream-weights", folder["shares"]])).AssertSucceeded();
        Assert.Equal(resident.Output.Split('\n')[0], streamed.Output.Split('\n')[0]);
        Assert.Empty(Directory.GetFileSystemEntries(folder["shares"]));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_the_partys_own_matter()
    {
        using var deployment = new Deployment();
        File.WriteAllText(deployment["shares"], "a file where a folder should be");
        Tool[] parties = [.. Enumerable.Range(0, 3).Select(i => Tool.Start(
            "party", "--network", deployment.Network, "--key", deployment.Key($"party-{i}"), "--timeout", "10", "--stream-weights", deployment["shares"]))];
        try
        {
            ToolResult refused = await deployment.LoadAsync(Model);
            refused.AssertFailed("cannot write its share file");
            Assert.DoesNotContain(deployment["shares"], refused.Errors, StringComparison.Ordinal);
        }
        finally
        {
            foreach (Tool party in parties)
            {
                party.Dispose();
            }
        }
    }
}
