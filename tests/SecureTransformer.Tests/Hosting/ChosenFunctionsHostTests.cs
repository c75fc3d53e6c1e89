using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>The owner chooses the functions; parties and clients that would compute with others are told so by name.</summary>
public class ChosenFunctionsHostTests
{
    private const string Text = "the old man has sudden chest pain.";

    [Fact]
    public async Task A_client_with_other_functions_is_refused_by_name_and_one_with_the_same_is_served()
    {
        var mpcFormer = new InferenceOptions { Nonlinear = NonlinearFunctions.MpcFormer };
        await using HostedParties parties = await new HostedParties().LoadAsync(options: mpcFormer);
        await using (InferenceClient other = parties.Client())
        {
            ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => other.ClassifyAsync(Text));
            Assert.Contains("the request has the nonlinear functions blocks 0 to 1: gelu and softmax; pooler: tanh", error.Message, StringComparison.Ordinal);
            Assert.Contains("the party's model blocks 0 to 1: gelu_quad and 2quad", error.Message, StringComparison.Ordinal);
        }

        await using InferenceClient client = parties.Client(mpcFormer);
        Assert.Equal("blocks 0 to 1: gelu_quad and 2quad; pooler: tanh", client.Functions.Description);
        Classification answer = await client.ClassifyAsync(Text);

        // As in float64 with the same functions.
        await using LocalCluster plain = await LocalCluster.StartAsync(
            HostedParties.Model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64, Nonlinear = NonlinearFunctions.MpcFormer });
        await using InferenceClient exact = plain.Connect();
        Classification expected = await exact.ClassifyAsync(Text);
        Assert.InRange(BertRuns.LargestDifference(expected.Logits, answer.Logits), 0, 0.02);
    }

    [Theory]
    [InlineData("mpcformer", MpcProtocol.Replicated3)]
    [InlineData("mpcformer", MpcProtocol.Additive)]
    [InlineData("puma", MpcProtocol.Replicated3)]
    [InlineData("puma", MpcProtocol.Additive)]
    public async Task The_estimate_is_the_measured_bytes_and_rounds_exactly(string preset, MpcProtocol protocol)
    {
        NonlinearFunctions functions = NonlinearFunctions.Load(preset);
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { Protocol = protocol, Nonlinear = functions });
        await using InferenceClient client = cluster.Connect();
        Cost measured = (await client.ClassifyAsync(new ClassificationInput { InputIds = [.. Enumerable.Range(5, 10)] })).Cost;
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(
            ModelConfig.FromDirectory(HostedParties.Model), 10, new InferenceOptions { Protocol = protocol, Nonlinear = functions });
        Assert.Equal(measured.BytesOffline, estimate.Total.OfflineBytes);
        Assert.Equal(measured.BytesTotal, estimate.Total.Bytes + estimate.Total.OfflineBytes);
        Assert.Equal(measured.RoundsTotal, estimate.Total.Rounds);
    }

    [Fact]
    public async Task Functions_that_do_not_fit_the_model_stop_before_anything_is_sent()
    {
        var options = new LocalClusterOptions { Nonlinear = new NonlinearFunctions { Layers = new Dictionary<int, BlockChoice> { [2] = new() } } };
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => LocalCluster.StartAsync(HostedParties.Model, options));
        Assert.Contains("layers.2", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new InferenceOptions { Nonlinear = new NonlinearFunctions { Default = new BlockChoice { Activation = "gelo" } } }.Validate());
    }
}
