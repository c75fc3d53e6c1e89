using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Material that is not for what it is to be used for, and weights that are loaded again under it.</summary>
public class MaterialRefusalTests
{
    private static readonly GenerationOptions s_short = new() { MaxNewTokens = 1, EndTokenIds = [] };

    [Fact]
    public async Task A_load_that_the_material_is_not_for_is_refused_with_the_reason()
    {
        using MaterialFolder texts = await MaterialFolder.ForTextsAsync(4, 1);
        await using (var parties = new HostedParties(inference: MaterialFolder.Options(2), material: i => texts[i]))
        {
            await RefusalTests.AssertRefused(parties.LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"), MaterialFolder.Options(2)), "stored material was made for another model configuration");
            await RefusalTests.AssertRefused(parties.LoadAsync(options: MaterialFolder.Options(2, bits: 16)), "the model has 16 fractional bits and the party's stored material 18");

            // The right one still can be loaded, and served.
            await parties.LoadAsync(options: MaterialFolder.Options(2));
            await using InferenceClient client = parties.Client(MaterialFolder.Options(2));
            Assert.Equal(0, (await client.ClassifyAsync(new ClassificationInput { InputIds = new int[4] })).Cost.MaterialLeft);
        }

        using MaterialFolder three = await MaterialFolder.ForTextsAsync(4, 1, parties: 3);
        await using (var parties = new HostedParties(material: i => three[i]))
        {
            await RefusalTests.AssertRefused(parties.LoadAsync(), "stored material, which the protocol replicated does not use");
        }

        await using (var parties = new HostedParties(inference: MaterialFolder.Options(2), material: i => three[i]))
        {
            await RefusalTests.AssertRefused(parties.LoadAsync(options: MaterialFolder.Options(2)), "of 2 parties, and its stored material is the part of party ");
        }

        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(HostedParties.Model, three.Cluster(2)));
        Assert.Contains("between 3 parties, not for additive sharing between 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_uses_up_no_more_runs_than_its_bound()
    {
        using MaterialFolder texts = await MaterialFolder.ForTextsAsync(4, 3);
        await using var parties = new HostedParties(new PartyHostOptions { MaxRunsPerClient = 1 }, inference: MaterialFolder.Options(2), material: i => texts[i]);
        await parties.LoadAsync(options: MaterialFolder.Options(2));
        var input = new ClassificationInput { InputIds = new int[4] };
        await using InferenceClient first = parties.Client(MaterialFolder.Options(2));
        Assert.Equal(2, (await first.ClassifyAsync(input)).Cost.MaterialLeft);
        await RefusalTests.AssertRefused(first.ClassifyAsync(input), "this client has used 1 runs of the party's stored material, its bound");
        await using InferenceClient second = parties.Client(MaterialFolder.Options(2));
        Assert.Equal(1, (await second.ClassifyAsync(input)).Cost.MaterialLeft);
    }

    [Fact]
    public async Task Weights_are_not_streamed_with_material()
    {
        using MaterialFolder material = await MaterialFolder.ForPromptsAsync(2, s_short, 1);
        string shares = Directory.CreateTempSubdirectory("shares-").FullName;
        try
        {
            string model = DecoderRuns.DirectoryOf("gpt2-arith");
            await using (var parties = new HostedParties(new PartyHostOptions { ShareDirectory = shares }, inference: MaterialFolder.Options(2), material: i => material[i]))
            {
                await RefusalTests.AssertRefused(parties.LoadAsync(model, MaterialFolder.Options(2)), "streams weights, and stored material is for weights in memory");
            }

            ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(
                model, new LocalClusterOptions { Protocol = MpcProtocol.Additive, MaterialDirectory = material.Path, ShareDirectory = shares }));
            Assert.Contains("weights in memory", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(shares, recursive: true);
        }
    }

    private static string FunctionsOf(ModelConfig config) => PublicDigest.OfText(NonlinearFunctions.Exact.For(config).Description);

    [Fact]
    public async Task Material_for_other_functions_is_refused()
    {
        using MaterialFolder texts = await MaterialFolder.ForTextsAsync(7, 1);
        InferenceOptions plain = MaterialFolder.Options(2);
        var options = new InferenceOptions { Protocol = plain.Protocol, Parties = plain.Parties, Nonlinear = NonlinearFunctions.MpcFormer };
        await using var parties = new HostedParties(inference: options, material: i => texts[i]);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => parties.LoadAsync(options: options));
        Assert.Contains("made for other nonlinear functions than 'blocks 0 to 1: gelu_quad and 2quad; pooler: tanh'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Material_of_one_kind_of_request_serves_no_other()
    {
        ModelConfig classifier = ModelConfig.FromDirectory(HostedParties.Model);
        string digest = PublicDigest.Of(classifier);
        using MaterialFolder generation = await MaterialFolder.ForAsync($"generate 3 tokens behind 7, chosen by client, configuration {digest}, functions {FunctionsOf(classifier)}");
        await using (var parties = new HostedParties(inference: MaterialFolder.Options(2), material: i => generation[i]))
        {
            await parties.LoadAsync(options: MaterialFolder.Options(2));
            await using InferenceClient client = parties.Client(MaterialFolder.Options(2));
            await RefusalTests.AssertRefused(
                client.ClassifyAsync(new ClassificationInput { InputIds = new int[7] }), "classifies 7 tokens and the party's stored material is to continue one prompt of 7 tokens by 3");
        }

        ModelConfig decoder = ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith"));
        using MaterialFolder texts = await MaterialFolder.ForAsync($"classify 7 tokens, configuration {PublicDigest.Of(decoder)}, functions {FunctionsOf(decoder)}");
        await using (var parties = new HostedParties(inference: MaterialFolder.Options(2), material: i => texts[i]))
        {
            await parties.LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"), MaterialFolder.Options(2));
            await using InferenceClient client = parties.Client(MaterialFolder.Options(2), decoder);
            await RefusalTests.AssertRefused(client.StartConversationAsync(), "continues 1 texts and the party's stored material is to classify 7 tokens");
        }

        using MaterialFolder other = await MaterialFolder.ForAsync("sort 7 numbers");
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => LocalCluster.StartAsync(HostedParties.Model, other.Cluster(2)));
        Assert.Contains("'sort 7 numbers', which is nothing that a party serves", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Material_is_written_for_models_and_folders_that_it_fits()
    {
        using MaterialFolder texts = await MaterialFolder.ForTextsAsync(4, 1);
        ModelConfig bert = ModelConfig.FromDirectory(HostedParties.Model);
        ModelConfig decoder = ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith"));
        IOException full = await Assert.ThrowsAsync<IOException>(() => Preprocessing.WriteForClassificationAsync(bert, 4, 1, texts.Path, MaterialFolder.Options(2)));
        Assert.Contains(texts.Path, full.Message, StringComparison.Ordinal);
        string none = Path.Combine(texts.Path, "none");
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Preprocessing.WriteForClassificationAsync(decoder, 4, 1, none, MaterialFolder.Options(2)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Preprocessing.WriteForGenerationAsync(bert, 4, s_short, 1, none, MaterialFolder.Options(2)));
        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => Preprocessing.WriteForClassificationAsync(bert, 65, 1, none, MaterialFolder.Options(2)));
        Assert.Contains("65", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAnyAsync<ArgumentException>(() => Preprocessing.WriteForClassificationAsync(bert, 4, 1, none, new InferenceOptions { Protocol = MpcProtocol.Replicated3 }));
        Assert.Contains("replicated has no dealer", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(none));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public async Task A_party_with_another_store_than_the_others_is_named(int count, int odd)
    {
        using MaterialFolder one = await MaterialFolder.ForTextsAsync(4, 1, count);
        using MaterialFolder other = await MaterialFolder.ForTextsAsync(4, 1, count);
        await using (var parties = new HostedParties(inference: MaterialFolder.Options(count), material: i => i == odd ? other[i] : one[i]))
        {
            await RefusalTests.AssertRefused(parties.LoadAsync(options: MaterialFolder.Options(count)), "stored material");
        }

        // Another party's part.
        await using (var parties = new HostedParties(inference: MaterialFolder.Options(count), material: i => one[i == 0 ? 1 : i == 1 ? 0 : i]))
        {
            await RefusalTests.AssertRefused(parties.LoadAsync(options: MaterialFolder.Options(count)), $"of {count} parties, and its stored material is the part of party ");
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_same_weights_are_loaded_again_and_others_are_refused(int count)
    {
        using MaterialFolder material = await MaterialFolder.ForTextsAsync(10, 2, count);
        using var changed = new ModelCopy();
        byte[] weights = File.ReadAllBytes(changed["model.safetensors"]);
        long header = BitConverter.ToInt64(weights);

        // The lowest byte of an exponent, of each value in a stretch.
        for (long at = 8 + header + 2; at < 8 + header + 40_000; at += 4)
        {
            weights[at] ^= 0x80;
        }

        File.WriteAllBytes(changed["model.safetensors"], weights);
        BertCase known = BertCase.Load("bert-triage")[0];
        double[] expected = [.. known.Expected.GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
        for (int left = 1; left >= 0; left--)
        {
            await using (var parties = new HostedParties(inference: MaterialFolder.Options(count), material: i => material[i]))
            {
                await parties.LoadAsync(options: MaterialFolder.Options(count));
                await using InferenceClient client = parties.Client(MaterialFolder.Options(count, padTo: 10));
                Classification answer = await client.ClassifyAsync(new ClassificationInput { InputIds = known.InputIds });
                Assert.InRange(BertRuns.LargestDifference(expected, answer.Logits), 0, 0.02);
                Assert.Equal(left, answer.Cost.MaterialLeft);
            }

            await using (var parties = new HostedParties(inference: MaterialFolder.Options(count), material: i => material[i]))
            {
                await RefusalTests.AssertRefused(parties.LoadAsync(changed.Path, MaterialFolder.Options(count)), "used for other weights");
            }
        }
    }
}
