using SecureTransformer.Models;
using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Architectures;

/// <summary>Seeded random models: fixed point against float64 with the same weights.</summary>
public sealed class BertRandomTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.GeluErf)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.GeluTanh)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.Relu)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.Silu)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.Tanh)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, Activation.Quad)]
    [InlineData(MpcProtocol.Replicated3, Activation.GeluErf)]
    [InlineData(MpcProtocol.Additive, Activation.GeluErf)]
    [InlineData(MpcProtocol.Shamir, Activation.GeluErf)]
    [InlineData(MpcProtocol.Replicated3, Activation.GeluTanh)]
    [InlineData(MpcProtocol.Additive, Activation.GeluTanh)]
    [InlineData(MpcProtocol.Replicated3, Activation.Relu)]
    [InlineData(MpcProtocol.Additive, Activation.Relu)]
    [InlineData(MpcProtocol.Replicated3, Activation.Silu)]
    [InlineData(MpcProtocol.Additive, Activation.Silu)]
    [InlineData(MpcProtocol.Replicated3, Activation.Tanh)]
    [InlineData(MpcProtocol.Additive, Activation.Tanh)]
    [InlineData(MpcProtocol.Replicated3, Activation.Quad)]
    [InlineData(MpcProtocol.Additive, Activation.Quad)]
    [InlineData(MpcProtocol.Shamir, Activation.Quad)]
    public async Task Fixed_point_agrees_with_float64(MpcProtocol protocol, Activation activation)
    {
        ulong seed = 7001 + (ulong)activation;
        ModelArchitecture architecture = RandomBert.Architecture(activation);
        Func<WeightSpec, double[]> weights = RandomBert.Weights(architecture, seed);
        IReadOnlyList<BertCase> cases = RandomBert.Cases(seed);
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, weights, cases);
        BertResult[] actual = await BertRuns.RunAsync(protocol, architecture, weights, cases);
        double largest = 0;
        for (int i = 0; i < cases.Count; i++)
        {
            double error = BertRuns.LargestDifference(exact[i].Logits, actual[i].Logits);
            largest = Math.Max(largest, error);
            Assert.True(error <= 0.02, $"{cases[i].Name}: the logits are off by {error}.");
            Assert.Equal(BertRuns.Top(exact[i].Logits), BertRuns.Top(actual[i].Logits));
        }

        output.WriteLine($"{protocol} {activation}: largest error {largest:g2}");
        Assert.Contains(exact, e => e.Logits.Any(v => Math.Abs(v) > 0.05));
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task The_same_over_TLS(MpcProtocol protocol)
    {
        // Three parties, or two and their dealer.
        await using var network = new LoopbackParties(3);
        ModelArchitecture architecture = RandomBert.Architecture();
        Func<WeightSpec, double[]> weights = RandomBert.Weights(architecture, 7301);
        IReadOnlyList<BertCase> cases = RandomBert.Cases(7301);
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, weights, cases);
        BertResult[] actual = await BertRuns.RunAsync(protocol, architecture, weights, cases, endpoints: network.Endpoints);
        Assert.All(exact.Zip(actual), pair => Assert.InRange(BertRuns.LargestDifference(pair.First.Logits, pair.Second.Logits), 0, 0.02));
        Assert.All(exact.Zip(actual), pair => Assert.Equal(BertRuns.Top(pair.First.Logits), BertRuns.Top(pair.Second.Logits)));
    }

    [Fact]
    public async Task Padding_changes_nothing_and_costs_nothing()
    {
        ModelArchitecture architecture = RandomBert.Architecture();
        Func<WeightSpec, double[]> weights = RandomBert.Weights(architecture, 7101);
        BertCase bare = RandomBert.Cases(7101)[2];
        var padded = new BertCase
        {
            Name = "padded",
            InputIds = [.. bare.InputIds, 5, 6, 7],
            Mask = [.. bare.Mask, false, false, false],
            TokenTypes = [.. bare.TokenTypes, 0, 1, 2],
        };
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, weights, [bare, padded]);
        Assert.Equal(exact[0].Logits, exact[1].Logits);
        BertResult[] without = await BertRuns.RunAsync(MpcProtocol.Replicated3, architecture, weights, [bare]);
        BertResult[] with = await BertRuns.RunAsync(MpcProtocol.Replicated3, architecture, weights, [padded]);
        Assert.Equal(without[0].Traffic.BytesSentTotal, with[0].Traffic.BytesSentTotal);
        Assert.Equal(without[0].Traffic.RoundsTotal, with[0].Traffic.RoundsTotal);
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Padding_that_is_computed_changes_nothing_and_costs_the_same_wherever_it_stands(MpcProtocol protocol)
    {
        ModelArchitecture architecture = RandomBert.Architecture();
        Func<WeightSpec, double[]> weights = RandomBert.Weights(architecture, 7401);
        BertCase bare = RandomBert.Cases(7401)[2];
        BertCase[] cases = [Padded(0), Padded(2), Padded(3, 1), Padded(3, 1, 4)];
        BertResult[] exact = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, architecture, weights, [.. cases, .. cases.Select(Dropped)]);
        Assert.All(exact.Take(4).Zip(exact.Skip(4)), pair => Assert.InRange(BertRuns.LargestDifference(pair.First.Logits, pair.Second.Logits), 0, 1e-9));
        BertResult[] actual = await BertRuns.RunAsync(protocol, architecture, weights, cases);
        Assert.All(exact.Zip(actual), pair => Assert.InRange(BertRuns.LargestDifference(pair.First.Logits, pair.Second.Logits), 0, 0.02));
        Assert.All(actual.Skip(1), result => Assert.Equal(actual[1].Traffic.BytesSentTotal, result.Traffic.BytesSentTotal));

        BertCase Padded(params int[] padding) => new()
        {
            Name = $"{padding.Length} padded",
            InputIds = bare.InputIds,
            Mask = [.. bare.InputIds.Select((_, i) => i == 0 || !padding.Contains(i))],
            TokenTypes = bare.TokenTypes,
            ComputePadding = true,
        };

        static BertCase Dropped(BertCase item) => new() { Name = item.Name, InputIds = item.InputIds, Mask = item.Mask, TokenTypes = item.TokenTypes };
    }

    [Fact]
    public async Task Rounds_do_not_depend_on_the_secret_or_on_the_heads()
    {
        BertCase item = RandomBert.Cases(7201)[2];
        ModelArchitecture three = RandomBert.Architecture(layers: 1, heads: 3);
        ModelArchitecture twelve = RandomBert.Architecture(layers: 1, heads: 12);
        BertResult[] one = await BertRuns.RunAsync(MpcProtocol.Replicated3, three, RandomBert.Weights(three, 7201), [item]);
        BertResult[] other = await BertRuns.RunAsync(MpcProtocol.Replicated3, three, RandomBert.Weights(three, 7202), [item]);
        BertResult[] many = await BertRuns.RunAsync(MpcProtocol.Replicated3, twelve, RandomBert.Weights(twelve, 7203), [item]);
        Assert.Equal(one[0].Traffic.BytesSentTotal, other[0].Traffic.BytesSentTotal);
        Assert.Equal(one[0].Traffic.RoundsTotal, other[0].Traffic.RoundsTotal);
        Assert.Equal(one[0].Traffic.RoundsTotal, many[0].Traffic.RoundsTotal);
    }
}
