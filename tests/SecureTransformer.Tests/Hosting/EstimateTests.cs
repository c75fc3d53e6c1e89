using SecureTransformer.Hosting;
using SecureTransformer.Models;

namespace SecureTransformer.Tests.Hosting;

public class EstimateTests
{
    private static string ModelDirectory => Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(33)]
    public async Task The_estimate_is_the_measured_bytes_exactly_and_the_rounds_at_most(int length)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(ModelDirectory);
        await using InferenceClient client = cluster.Connect();
        var input = new ClassificationInput { InputIds = [.. Enumerable.Range(5, length)] };

        Cost measured = (await client.ClassifyAsync(input)).Cost;
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(ModelConfig.FromDirectory(ModelDirectory), length);

        Assert.Equal(measured.BytesTotal, estimate.Total.Bytes);
        Assert.InRange(measured.RoundsTotal, (int)(0.85 * estimate.Total.Rounds), estimate.Total.Rounds);
    }

    [Fact]
    public async Task A_text_longer_than_the_model_takes_is_refused()
    {
        ModelConfig config = ModelConfig.FromDirectory(ModelDirectory);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEstimate.ForClassificationAsync(config, 65));
    }
}
