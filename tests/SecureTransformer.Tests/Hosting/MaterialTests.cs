using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Parties that serve with material made ahead of time, and no dealer.</summary>
public class MaterialTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Texts_of_different_lengths_are_classified_as_the_reference_does(int parties)
    {
        BertCase[] cases = [.. BertCase.Load("bert-triage").Where(c => c.Length <= 22 && c.Real.Length == c.Length).DistinctBy(c => c.Length)];
        Assert.True(cases.Length >= 6);
        Assert.Contains(cases, c => c.Length == 22);
        using MaterialFolder material = await MaterialFolder.ForTextsAsync(22, cases.Length, parties);
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, material.Cluster(parties));
        await using InferenceClient client = cluster.Connect();
        for (int i = 0; i < cases.Length; i++)
        {
            Classification answer = await client.ClassifyAsync(new ClassificationInput { InputIds = cases[i].InputIds, TokenTypeIds = cases[i].TokenTypes });
            double[] expected = [.. cases[i].Expected.GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
            Assert.InRange(BertRuns.LargestDifference(expected, answer.Logits), 0, 0.02);
            Assert.Equal(cases.Length - 1 - i, answer.Cost.MaterialLeft);
            Assert.Equal(0, answer.Cost.BytesOffline);
            Assert.Equal(0, answer.Cost.SecondsOffline);
            Assert.True(answer.Cost.BytesTotal > 0);
        }

        await RefusalTests.AssertRefused(client.ClassifyAsync("she is unconscious."), $"spent: all {cases.Length} runs are used");
    }

    [Fact]
    public async Task A_padded_text_costs_what_the_longest_does()
    {
        using MaterialFolder material = await MaterialFolder.ForTextsAsync(16, 3);
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, material.Cluster(2));
        await using InferenceClient client = cluster.Connect();
        var costs = new List<(long Bytes, int Rounds)>();
        foreach (int length in new[] { 1, 9, 16 })
        {
            Cost cost = (await client.ClassifyAsync(new ClassificationInput { InputIds = [.. Enumerable.Repeat(101, length)] })).Cost;
            costs.Add((cost.BytesTotal, cost.RoundsTotal));
        }

        Assert.Single(costs.Distinct());
    }

    [Fact]
    public async Task A_text_of_another_length_is_refused_and_takes_no_run()
    {
        using MaterialFolder material = await MaterialFolder.ForTextsAsync(9, 1);
        await using HostedParties parties = await LoadedAsync(material);
        await using InferenceClient unpadded = parties.Client(MaterialFolder.Options(2));
        await using InferenceClient client = parties.Client(MaterialFolder.Options(2, padTo: 9));
        await RefusalTests.AssertRefused(client.ClassifyAsync(new ClassificationInput { InputIds = new int[10] }), "classifies 10 tokens and the party's stored material is to classify 9 tokens");
        await RefusalTests.AssertRefused(unpadded.ClassifyAsync(new ClassificationInput { InputIds = new int[5] }), "classifies 5 tokens and the party's stored material is to classify 9 tokens: pad the text to 9");
        Assert.Equal(0, (await client.ClassifyAsync(new ClassificationInput { InputIds = new int[3] })).Cost.MaterialLeft);
    }

    [Theory]
    [InlineData(TokenSampling.Private, 2)]
    [InlineData(TokenSampling.Client, 2)]
    [InlineData(TokenSampling.Private, 3)]
    public async Task A_prompt_of_the_planned_length_is_continued_and_no_other(TokenSampling sampling, int count)
    {
        var options = new GenerationOptions { MaxNewTokens = 5, Sampling = sampling, EndTokenIds = [] };
        GenerationCase item = GenerationCase.Load("gpt2-arith")[0];
        using MaterialFolder material = await MaterialFolder.ForPromptsAsync(item.Prompt.Length, options, 4, count);
        string model = DecoderRuns.DirectoryOf("gpt2-arith");
        await using var parties = new HostedParties(inference: MaterialFolder.Options(count), material: i => material[i]);
        await parties.LoadAsync(model, MaterialFolder.Options(count));
        await using InferenceClient client = parties.Client(MaterialFolder.Options(count), ModelConfig.FromDirectory(model));
        for (int left = 3; left >= 2; left--)
        {
            List<GeneratedToken> tokens = await ReadAsync(client, item.Prompt, options);
            Assert.Equal(item.NewIds.Take(5), tokens.Select(t => t.Id));
            Assert.All(tokens, token => Assert.Equal((left, 0L), (token.Cost.MaterialLeft, token.Cost.BytesOffline)));
        }

        // What the material has is for the prompt's rows, and what is asked for is for one more. The run is lost: parts of it may have been used.
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(client, [.. item.Prompt, 1], options));
        Assert.Matches($@"party \d.*The stored material is for another program or another shape: operation 0 needs material of the kind and shape \[.*\], and the material is for \[.*\]", error.Message);
        await RefusalTests.AssertRefused(client.StartConversationAsync(2), $"continues 2 texts and the party's stored material is to continue one prompt of {item.Prompt.Length} tokens by 5");
        List<GeneratedToken> last = await ReadAsync(client, item.Prompt, options);
        Assert.Equal((item.NewIds[4], 0), (last[4].Id, last[4].Cost.MaterialLeft));
        await RefusalTests.AssertRefused(ReadAsync(client, item.Prompt, options), "spent: all 4 runs are used");
    }

    [Fact]
    public async Task A_longer_answer_than_planned_ends_where_the_material_does()
    {
        var options = new GenerationOptions { MaxNewTokens = 2, EndTokenIds = [] };
        GenerationCase item = GenerationCase.Load("gpt2-arith")[0];
        using MaterialFolder material = await MaterialFolder.ForPromptsAsync(item.Prompt.Length, options, 1);
        string model = DecoderRuns.DirectoryOf("gpt2-arith");
        await using HostedParties parties = await LoadedAsync(material, model);
        await using InferenceClient client = parties.Client(MaterialFolder.Options(2), ModelConfig.FromDirectory(model));
        var seen = new List<int>();
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(async () =>
        {
            await foreach (GeneratedToken token in client.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = 3, EndTokenIds = [] }))
            {
                seen.Add(token.Id);
            }
        });
        Assert.Equal(item.NewIds.Take(2), seen);
        Assert.Contains("and the material ends after", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_beyond_its_clients_bound_counts_as_no_run()
    {
        var options = new GenerationOptions { MaxNewTokens = 1, EndTokenIds = [] };
        using MaterialFolder material = await MaterialFolder.ForPromptsAsync(2, options, 2);
        string model = DecoderRuns.DirectoryOf("gpt2-arith");
        await using HostedParties parties = await LoadedAsync(material, model, new PartyHostOptions { MaxRunsPerClient = 2, MaxConversationsPerClient = 1 });
        await using InferenceClient client = parties.Client(MaterialFolder.Options(2), ModelConfig.FromDirectory(model));
        await using (Conversation open = await client.StartConversationAsync())
        {
            await RefusalTests.AssertRefused(client.StartConversationAsync(), "1 conversations open already");
            await foreach (GeneratedToken token in open.GenerateAsync([1, 2], options))
            {
                Assert.Equal(1, token.Cost.MaterialLeft);
            }
        }

        // The party drops a conversation when it notices that its client has.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal(0, Assert.Single(await ReadAsync(client, [1, 2], options)).Cost.MaterialLeft);
                return;
            }
            catch (ProtocolException error) when (attempt < 50 && error.Message.Contains("open already", StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task<HostedParties> LoadedAsync(MaterialFolder material, string? model = null, PartyHostOptions? options = null) =>
        await new HostedParties(options, inference: MaterialFolder.Options(2), material: i => material[i]).LoadAsync(model, MaterialFolder.Options(2));

    private static async Task<List<GeneratedToken>> ReadAsync(InferenceClient client, int[] prompt, GenerationOptions options)
    {
        var tokens = new List<GeneratedToken>();
        await foreach (GeneratedToken token in client.GenerateAsync(prompt, options))
        {
            tokens.Add(token);
        }

        return tokens;
    }
}
