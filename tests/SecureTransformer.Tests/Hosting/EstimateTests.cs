using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Tests.Hosting;

public class EstimateTests
{
    private static string ModelDirectory => Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");

    [Theory]
    [InlineData(1, MpcProtocol.Replicated3, 3)]
    [InlineData(10, MpcProtocol.Replicated3, 3)]
    [InlineData(33, MpcProtocol.Replicated3, 3)]
    [InlineData(10, MpcProtocol.Additive, 2)]
    [InlineData(10, MpcProtocol.Additive, 3)]
    [InlineData(10, MpcProtocol.Shamir, 3)]
    [InlineData(10, MpcProtocol.Shamir, 4)]
    [InlineData(2, MpcProtocol.Shamir, 5, 2)]
    [InlineData(2, MpcProtocol.Shamir, 5, 1)]
    public async Task The_estimate_is_the_measured_bytes_and_rounds_exactly(int length, MpcProtocol protocol, int parties, int? threshold = null)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            ModelDirectory, new LocalClusterOptions { Protocol = protocol, Parties = parties, Threshold = threshold });
        await using InferenceClient client = cluster.Connect();
        var input = new ClassificationInput { InputIds = [.. Enumerable.Range(5, length)] };

        Cost measured = (await client.ClassifyAsync(input)).Cost;
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(
            ModelConfig.FromDirectory(ModelDirectory), length, new InferenceOptions { Protocol = protocol, Parties = parties, Threshold = threshold });

        Assert.Equal(measured.BytesByPhase[TrafficPhase.Input], BytesOf("input"));
        Assert.Equal(measured.BytesByPhase[TrafficPhase.Output], BytesOf("output"));
        Assert.Equal(measured.BytesByPhase[TrafficPhase.Online], estimate.Total.Bytes - BytesOf("input") - BytesOf("output"));
        Assert.Equal(measured.RoundsByPhase[TrafficPhase.Output], estimate.Parts.Single(part => part.Key == "output").Value.Rounds);
        Assert.Equal(measured.BytesOffline, estimate.Total.OfflineBytes);
        Assert.Equal(measured.BytesTotal, estimate.Total.Bytes + estimate.Total.OfflineBytes);
        Assert.Equal(measured.RoundsTotal, estimate.Total.Rounds);

        long BytesOf(string part) => estimate.Parts.Where(p => p.Key == part).Sum(p => p.Value.Bytes);
    }

    [Fact]
    public async Task What_parties_make_for_each_other_takes_time_and_no_rounds()
    {
        ModelConfig config = ModelConfig.FromDirectory(ModelDirectory);
        var options = new InferenceOptions { Protocol = MpcProtocol.Shamir, Parties = 4, Threshold = 1 };
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(config, 4, options);
        IReadOnlyList<PartEstimate> slow = estimate.Predict(new NetworkConditions { OneWayDelay = TimeSpan.FromSeconds(1), BitsPerSecond = 1_000_000_000_000 }, MachineRates.Default);
        double network = slow.Sum(part => part.NetworkSeconds);
        Assert.True(network > 2 * estimate.Total.Rounds);
        Assert.Equal(estimate.Total.Rounds, slow.Sum(part => part.Cost.Rounds));
        IReadOnlyList<PartEstimate> narrow = estimate.Predict(new NetworkConditions { OneWayDelay = TimeSpan.Zero, BitsPerSecond = 1_000_000 }, MachineRates.Default);

        // Twelve directions between four parties, and those of the client.
        double least = 8e-6 * (estimate.Total.Bytes + estimate.Total.OfflineBytes) / 16;
        Assert.InRange(narrow.Sum(part => part.NetworkSeconds), least, 4 * least);
        Assert.All(narrow, part => Assert.InRange(part.Seconds, part.NetworkSeconds - 1e-9, part.NetworkSeconds + part.ComputeSeconds + 1e-9));
    }

    [Fact]
    public async Task The_seconds_on_a_slow_network_are_the_measured_ones_within_a_quarter()
    {
        // The delays are nearly all of it, so that the machine hardly matters; what else runs on it only adds, so the quickest of three counts.
        var network = new NetworkConditions { OneWayDelay = TimeSpan.FromMilliseconds(20), BitsPerSecond = 20_000_000 };
        await using LocalCluster cluster = await LocalCluster.StartAsync(ModelDirectory, new LocalClusterOptions { TransportOptions = new TransportOptions { Conditions = network } });
        await using InferenceClient client = cluster.Connect();
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(ModelConfig.FromDirectory(ModelDirectory), 10);
        IReadOnlyList<PartEstimate> parts = estimate.Predict(network, MachineRates.Default);
        double predicted = parts.Sum(part => part.Seconds);
        double measured = double.PositiveInfinity;
        for (int run = 0; run < 3 && 0.75 * measured > predicted; run++)
        {
            Cost cost = (await client.ClassifyAsync(new ClassificationInput { InputIds = [.. Enumerable.Range(5, 10)] })).Cost;
            measured = Math.Min(measured, cost.Seconds);
        }

        Assert.InRange(predicted, 0.75 * measured, 1.25 * measured);
        Assert.Equal(estimate.Parts.Select(part => part.Key), parts.Select(part => part.Part));
        Assert.All(parts, part => Assert.InRange(part.Seconds, part.NetworkSeconds - 1e-9, part.NetworkSeconds + part.ComputeSeconds + 1e-9));
    }

    [Fact]
    public Task Memory_grows_with_the_text_and_holds_the_matrices() => CheckMemoryAsync(new InferenceOptions());

    [Fact]
    public Task Memory_grows_with_the_text_and_holds_the_matrices_shared_over_a_field() => CheckMemoryAsync(new InferenceOptions { Protocol = MpcProtocol.Shamir, Parties = 4 });

    private static async Task CheckMemoryAsync(InferenceOptions options)
    {
        ModelConfig config = ModelConfig.FromDirectory(ModelDirectory);
        InferenceEstimate few = await InferenceEstimate.ForClassificationAsync(config, 4, options);
        InferenceEstimate many = await InferenceEstimate.ForClassificationAsync(config, 60, options);
        Assert.Equal(few.ModelMemory, many.ModelMemory);
        Assert.InRange(few.PartyMemory, few.ModelMemory + 1, many.PartyMemory - 1);

        // Two words of each weight of a matrix, at least those of the tokens' table.
        var bert = (BertConfig)config;
        Assert.InRange(few.ModelMemory, 16L * bert.VocabSize * bert.HiddenSize, long.MaxValue);
    }

    [Fact]
    public async Task A_text_longer_than_the_model_takes_is_refused()
    {
        ModelConfig config = ModelConfig.FromDirectory(ModelDirectory);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEstimate.ForClassificationAsync(config, 65));
    }

    [Theory]
    [InlineData("gpt2-arith", 7, 4, TokenSampling.Client, 0, false)]
    [InlineData("gpt2-arith", 1, 3, TokenSampling.Private, 0, false)]
    [InlineData("gpt2-arith", 4, 2, TokenSampling.Private, 0.7, false, MpcProtocol.Additive)]
    [InlineData("gpt2-arith", 3, 2, TokenSampling.Client, 0, false, MpcProtocol.Shamir)]
    [InlineData("gpt2-arith", 3, 2, TokenSampling.Private, 0.7, false, MpcProtocol.Shamir)]
    [InlineData("llama-story", 5, 3, TokenSampling.Private, 0, true)]
    [InlineData("llama-story", 9, 3, TokenSampling.Private, 0.7, false)]
    [InlineData("llama-story", 3, 1, TokenSampling.Client, 0, true)]
    public async Task The_estimate_of_a_generation_is_the_measured_bytes_and_rounds_exactly(
        string model, int prompt, int count, TokenSampling sampling, double temperature, bool stopEarly, MpcProtocol protocol = MpcProtocol.Replicated3)
    {
        string directory = Path.Combine(AppContext.BaseDirectory, "Models", model);
        await using LocalCluster cluster = await LocalCluster.StartAsync(directory, new LocalClusterOptions { Protocol = protocol });
        await using InferenceClient client = cluster.Connect();
        var options = new GenerationOptions { MaxNewTokens = count, Sampling = sampling, Temperature = temperature, StopEarly = stopEarly, EndTokenIds = [] };
        var costs = new List<Cost>();
        await foreach (GeneratedToken token in client.GenerateAsync([.. Enumerable.Range(5, prompt)], options))
        {
            costs.Add(token.Cost);
        }

        GenerationEstimate estimate = await InferenceEstimate.ForGenerationAsync(ModelConfig.FromDirectory(directory), prompt, options, new InferenceOptions { Protocol = protocol });
        Assert.Equal(costs[0].BytesTotal - costs[0].BytesOffline, estimate.Prefill.Total.Bytes);
        Assert.Equal(costs[^1].BytesTotal - costs[^1].BytesOffline, estimate.LastToken.Total.Bytes);
        Assert.Equal(costs.Sum(c => c.BytesTotal - c.BytesOffline), estimate.Total.Bytes);
        Assert.Equal(costs.Sum(c => c.BytesOffline), estimate.Total.OfflineBytes);
        Assert.Equal(count == 1, ReferenceEquals(estimate.Prefill, estimate.LastToken));
        Assert.Equal(costs[0].RoundsTotal, estimate.Prefill.Total.Rounds);
        Assert.Equal(costs[^1].RoundsTotal, estimate.LastToken.Total.Rounds);
        Assert.Equal(costs.Sum(c => c.RoundsTotal), estimate.Total.Rounds);
    }

    [Fact]
    public async Task A_generation_that_the_model_cannot_make_is_refused()
    {
        ModelConfig config = ModelConfig.FromDirectory(Path.Combine(AppContext.BaseDirectory, "Models", "gpt2-arith"));
        var options = new GenerationOptions { MaxNewTokens = 29 };
        await InferenceEstimate.ForGenerationAsync(config, 100, options);
        await Assert.ThrowsAsync<ArgumentException>(() => InferenceEstimate.ForGenerationAsync(config, 101, options));
        await Assert.ThrowsAsync<ArgumentException>(() => InferenceEstimate.ForGenerationAsync(ModelConfig.FromDirectory(ModelDirectory), 1));
    }
}
