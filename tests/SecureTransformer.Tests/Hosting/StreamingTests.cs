using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.ShareFiles;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Parties that keep their shares in files.</summary>
public sealed class StreamingTests
{
    private static readonly GenerationOptions s_short = new() { MaxNewTokens = 4, EndTokenIds = [] };

    [Theory]
    [InlineData("gpt2-arith")]
    [InlineData("llama-story")]
    public async Task Answers_are_those_of_the_reference_and_the_files_go_with_the_parties(string model)
    {
        using var folder = new TemporaryFolder();
        string shares = folder["made"];
        await using (HostedParties parties = await new HostedParties(new PartyHostOptions { ShareDirectory = shares }).LoadAsync(DecoderRuns.DirectoryOf(model)))
        {
            Assert.Equal(["party-0.shares", "party-1.shares", "party-2.shares"], folder.Files.Select(Path.GetFileName).Order());

            // Party 0 has seeds alone.
            long words = DecoderRuns.ArchitectureOf(model).Weights.Sum(w => 8L * w.Shape.Count);
            Assert.InRange(new FileInfo(Path.Combine(shares, "party-0.shares")).Length, 1, 64 << 10);
            Assert.InRange(new FileInfo(Path.Combine(shares, "party-1.shares")).Length, words, words + (64 << 10));
            Assert.InRange(new FileInfo(Path.Combine(shares, "party-2.shares")).Length, words, words + (64 << 10));

            await using InferenceClient client = Client(parties, model);
            foreach (GenerationCase item in GenerationCase.Load(model).Take(2))
            {
                List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = item.NewIds.Length, EndTokenIds = [] }));
                item.Compare([.. tokens.Select(t => t.Id)]);
                Assert.All(tokens, t => Assert.Equal(3, t.Cost.PeakMemoryByParty.Count(bytes => bytes > 0)));
            }
        }

        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task A_cluster_keeps_a_folder_for_each_party_and_leaves_none()
    {
        using var folder = new TemporaryFolder();
        GenerationCase item = GenerationCase.Load("gpt2-arith")[0];
        var options = new LocalClusterOptions { ShareDirectory = folder.Path };
        await using (LocalCluster cluster = await LocalCluster.StartAsync(DecoderRuns.DirectoryOf("gpt2-arith"), options))
        {
            Assert.Equal(3, Directory.GetDirectories(folder.Path).Length);
            Assert.Equal(3, folder.Files.Length);
            await using InferenceClient client = cluster.Connect();
            List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = item.NewIds.Length, EndTokenIds = [] }));
            item.Compare([.. tokens.Select(t => t.Id)]);
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Weights_may_come_from_elsewhere_than_files()
    {
        string model = DecoderRuns.DirectoryOf("gpt2-arith");
        GenerationCase item = GenerationCase.Load("gpt2-arith")[0];
        using var weights = ModelWeights.Open(model);
        await using LocalCluster cluster = await LocalCluster.StartAsync(ModelConfig.FromDirectory(model), spec => WeightSource.Reader(weights, spec));
        await using InferenceClient client = cluster.Connect();
        List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = item.NewIds.Length, EndTokenIds = [] }));
        item.Compare([.. tokens.Select(t => t.Id)]);
    }

    [Fact]
    public async Task Streamed_weights_need_room_for_two_blocks_only()
    {
        using var folder = new TemporaryFolder();
        string model = DecoderRuns.DirectoryOf("gpt2-arith");
        DecoderArchitecture architecture = DecoderRuns.ArchitectureOf("gpt2-arith");
        long needed = architecture.StreamedBytes(16)!.Value;
        await using (var tight = new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path, MaxModelBytes = needed - 1 }))
        {
            await RefusalTests.AssertRefused(tight.LoadAsync(model), "MiB for a model");
            Assert.Empty(folder.Files);
        }

        await using var enough = new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path, MaxModelBytes = needed });
        await enough.LoadAsync(model);
    }

    [Fact]
    public async Task A_model_that_cannot_be_streamed_is_refused_by_its_type()
    {
        using var folder = new TemporaryFolder();
        await using var parties = new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path });
        await RefusalTests.AssertRefused(parties.LoadAsync(), "type 'bert' cannot be streamed");
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task A_load_that_ends_midway_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        await using var parties = new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path });
        await using IClientEndpoint owner = parties.Network.Client();
        int read = 0;
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => ModelOwner.LoadAsync(
            owner,
            ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith")),
            spec => (_, values) =>
            {
                if (++read > 7)
                {
                    throw new TimeZoneNotFoundException();
                }

                values.Clear();
            }));
        for (int i = 0; i < 200 && folder.Files.Length > 0; i++)
        {
            await Task.Delay(20);
        }

        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task A_spoilt_share_file_ends_the_request_and_is_named_in_the_partys_log_alone()
    {
        using var folder = new TemporaryFolder();
        await using var log = new RequestLog();
        await using HostedParties parties =
            await new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path, Logger = log }).LoadAsync(DecoderRuns.DirectoryOf("llama-story"));
        ShareFileLayout layout = new("", MpcProtocol.Replicated3, 3, 1, 18, DecoderRuns.ArchitectureOf("llama-story").Weights);
        using (var spoiling = new FileStream(ShareFile.PathOf(folder.Path, 1), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            // A block that is not the first: its reading began when the model was asked for.
            int tensor = layout.NumberOf("model.layers.1.mlp.down_proj.weight");
            spoiling.Position = spoiling.Length - (layout.FileBytes - layout.PositionOf(tensor, 0)) + 1000;
            spoiling.WriteByte((byte)~spoiling.ReadByte());
        }

        await using InferenceClient client = Client(parties, "llama-story");
        Exception error = await Assert.ThrowsAnyAsync<Exception>(async () => await ReadAsync(client.GenerateAsync([1, 5, 9], s_short)));
        Assert.True(error is ProtocolException or IOException, error.ToString());
        Assert.DoesNotContain(folder.Path, error.Message, StringComparison.Ordinal);
        string line = await log.AwaitAsync("mlp.down_proj");
        Assert.Contains(folder.Path, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_leaves_the_model_to_the_next()
    {
        using var folder = new TemporaryFolder();
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { ShareDirectory = folder.Path }).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        await foreach (GeneratedToken token in client.GenerateAsync([1, 5, 9], s_short))
        {
            Assert.Equal(0, token.Index);
            break;
        }

        GenerationCase item = GenerationCase.Load("gpt2-arith")[0];
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = item.NewIds.Length, EndTokenIds = [] }));
                item.Compare([.. tokens.Select(t => t.Id)]);
                return;
            }
            catch (ProtocolException busy) when (attempt < 100 && busy.Message.Contains("requests already", StringComparison.Ordinal))
            {
                await Task.Delay(50);
            }
        }
    }

    private static InferenceClient Client(HostedParties parties, string model) =>
        new(parties.Network.Client(), ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(model)), null);

    private static async Task<List<GeneratedToken>> ReadAsync(IAsyncEnumerable<GeneratedToken> answer)
    {
        var tokens = new List<GeneratedToken>();
        await foreach (GeneratedToken token in answer)
        {
            tokens.Add(token);
        }

        return tokens;
    }
}
