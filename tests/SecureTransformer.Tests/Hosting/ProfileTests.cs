using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>The profiles that parties write of their requests.</summary>
public sealed class ProfileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("profiles-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(MpcProtocol.Replicated3, 3)]
    [InlineData(MpcProtocol.Additive, 2)]
    public async Task Each_party_writes_each_request_and_together_they_tell_its_cost(MpcProtocol protocol, int parties)
    {
        Cost[] costs;
        await using (LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { Protocol = protocol, Parties = parties, ProfileDirectory = _folder }))
        {
            await using InferenceClient client = cluster.Connect();
            costs = [(await client.ClassifyAsync("the girl has a mild cold.")).Cost, (await client.ClassifyAsync("my mother cannot breathe.")).Cost];
        }

        Assert.Equal(Enumerable.Range(0, parties).Select(p => $"party-{p}"), Directory.GetDirectories(_folder).Select(Path.GetFileName).Order());
        for (int request = 0; request < costs.Length; request++)
        {
            string[] files = [.. Directory.GetDirectories(_folder).Order().Select(d => Directory.GetFiles(d).Order(StringComparer.Ordinal).ElementAt(request))];
            Assert.Single(files.Select(f => f.Split('-')[^1]).Distinct());
            var profile = new SessionProfile();
            Array.ForEach(files, file => profile.Add(SessionProfile.LoadTrace(file)));
            ProfileReport report = profile.Report();
            Assert.Equal(costs[request].BytesByParty, report.BytesByParty);
            Assert.InRange(report.Total.Rounds, costs[request].RoundsTotal - 2, costs[request].RoundsTotal + 2);
            Assert.Equal(report.Total.Seconds, report.Entries.Sum(e => e.Seconds), 1e-9);

            // What a reader looks for is there by its name.
            Assert.Contains(report.ByLayer(), e => e.Layer == "encoder.layer.*/attention" && e.BytesSent > 0);
            Assert.Contains(report.ByLayer(), e => e.Layer == "encoder.layer.*/feed-forward/norm" && e.BytesSent > 0);
            string[] operations = [.. report.ByOperation().Select(e => e.Operation)];
            Assert.All((string[])["import", "matmul", "softmax", "gelu", "layer norm", "tanh", "export", "local"], name => Assert.Contains(name, operations));
        }

        Assert.All(Directory.GetDirectories(_folder), d => Assert.Equal(2, Directory.GetFiles(d).Length));
    }

    [Fact]
    public async Task A_conversation_tells_prompt_and_tokens_apart()
    {
        await using (LocalCluster cluster = await LocalCluster.StartAsync(DecoderRuns.DirectoryOf("gpt2-arith"), new LocalClusterOptions { ProfileDirectory = _folder }))
        {
            await using InferenceClient client = cluster.Connect();
            GenerationCase known = GenerationCase.Load("gpt2-arith")[0];
            var options = new GenerationOptions { MaxNewTokens = 3, EndTokenIds = [], Sampling = TokenSampling.Private };
            await foreach (GeneratedToken _ in client.GenerateAsync(known.Prompt, options))
            {
            }

            // The parties end the conversation by themselves once the client has.
            for (int i = 0; i < 500 && Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories).Length < 3; i++)
            {
                await Task.Delay(20);
            }
        }

        var profile = new SessionProfile();
        foreach (string file in Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories))
        {
            profile.Add(SessionProfile.LoadTrace(file));
        }

        ProfileReport report = profile.Report();
        Assert.Equal(3, report.Parties);
        ProfileEntry prompt = Assert.Single(report.Group(e => ("", e.Layer.Split('/')[0])), e => e.Operation == "prompt");
        ProfileEntry tokens = Assert.Single(report.Group(e => ("", e.Layer.Split('/')[0])), e => e.Operation == "token");
        Assert.InRange(tokens.Calls, prompt.Calls + 1, 3 * prompt.Calls);
        Assert.Contains(report.ByLayer(), e => e.Layer == "token/decoder.layer.*/attention");
        Assert.Contains(report.ByLayer(), e => e.Layer == "client");
        Assert.Contains(report.ByOperation(), e => e.Operation == "largest");
    }

    [Fact]
    public async Task A_profile_that_cannot_be_written_costs_no_answer()
    {
        await using var log = new RequestLog();
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { ProfileDirectory = _folder, Logger = log });
        await using InferenceClient client = cluster.Connect();
        foreach (string party in Directory.GetDirectories(_folder))
        {
            Directory.Delete(party);
        }

        Assert.Equal("urgent", (await client.ClassifyAsync("my mother cannot breathe.")).Label);
        Assert.Contains("party-", await log.AwaitAsync("could not be written"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_name_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new PartyHostOptions { ProfileDirectory = " " }.Validate());
        Assert.Throws<ArgumentException>(() => new LocalClusterOptions { ProfileDirectory = "" }.Validate());
    }
}
