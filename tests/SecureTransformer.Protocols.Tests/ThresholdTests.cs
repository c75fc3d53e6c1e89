using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

public class ThresholdTests
{
    /// <summary>A protocol of which one chooses how many parties may collude, as one over polynomials has it.</summary>
    private static readonly ProtocolTraits s_chosen = new(3, 16, parties => (parties - 1) / 2, ChoosesThreshold: true);

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1, 0)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 1, 0)]
    [InlineData(MpcProtocol.Replicated3, 3, 1)]
    [InlineData(MpcProtocol.Additive, 2, 1)]
    [InlineData(MpcProtocol.Additive, 8, 7)]
    public void Where_the_threshold_follows_from_the_protocol_no_other_is_taken(MpcProtocol protocol, int parties, int threshold)
    {
        Assert.False(MpcProtocols.HasChosenThreshold(protocol));
        Assert.Equal(threshold, MpcProtocols.ThresholdOf(protocol, parties));
        Assert.Equal(threshold, MpcProtocols.ThresholdOf(protocol, parties, threshold));
        Assert.Equal(parties, ShareCodec.Create(protocol, parties, threshold).PartyCount);
        foreach (int other in new[] { threshold - 1, threshold + 1 })
        {
            Assert.Equal("threshold", Assert.Throws<ArgumentOutOfRangeException>(() => MpcProtocols.ThresholdOf(protocol, parties, other)).ParamName);
            Assert.Equal("threshold", Assert.Throws<ArgumentOutOfRangeException>(() => ShareCodec.Create(protocol, parties, other)).ParamName);
        }

        Assert.Equal("parties", Assert.Throws<ArgumentOutOfRangeException>(() => MpcProtocols.ThresholdOf(protocol, 9)).ParamName);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
    [InlineData(16, 7)]
    public void Where_one_chooses_it_it_is_the_largest_minority_if_nothing_is_said(int parties, int largest)
    {
        Assert.Equal(largest, s_chosen.ThresholdOf(default, parties, null));
        Assert.All(Enumerable.Range(1, largest), threshold => Assert.Equal(threshold, s_chosen.ThresholdOf(default, parties, threshold)));
        Assert.Throws<ArgumentOutOfRangeException>(() => s_chosen.ThresholdOf(default, parties, 0));
        Assert.Contains(
            largest > 1 ? $"the threshold 1 to {largest}." : "the threshold 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => s_chosen.ThresholdOf(default, parties, largest + 1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_with_a_threshold_that_is_not_the_protocols_does_not_open()
    {
        Assert.Equal("threshold", Assert.Throws<ArgumentOutOfRangeException>(() => LocalParties.Create(MpcProtocol.Replicated3, new SessionOptions { Threshold = 2 })).ParamName);
        Assert.Equal("Threshold", Assert.Throws<ArgumentOutOfRangeException>(() => new SessionOptions { Threshold = -1 }.Validate()).ParamName);
        await using var network = new InMemoryNetwork(1);
        ChannelSet channels = await network.Party(0).OpenSessionAsync(SessionId.New());
        await using (channels)
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => MpcProtocols.OpenSessionAsync(MpcProtocol.PlaintextFixedPoint, channels, new SessionOptions { Threshold = 1 }));
        }

        await using var parties = LocalParties.Create(MpcProtocol.Replicated3, new SessionOptions { Threshold = 1 });
        Assert.Equal([1, 1, 1], await parties.RunAsync(session => Task.FromResult(session.Options.Threshold)));
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(2, 1)]
    public async Task Parties_with_different_thresholds_refuse_each_other(int first, int? second)
    {
        await using var network = new InMemoryNetwork(2);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Party(0).OpenSessionAsync(id), network.Party(1).OpenSessionAsync(id));
        Task[] parties =
        [
            SessionHandshake.RunAsync(sets[0], 2, "test", "", new SessionOptions(), default, first).AsTask(),
            SessionHandshake.RunAsync(sets[1], 2, "test", "", new SessionOptions(), default, second).AsTask(),
        ];
        var error = await Assert.ThrowsAsync<ProtocolException>(() => parties[0]);
        Assert.StartsWith(second is null ? "party 1 has the library version" : "party 1 has the threshold '1'; this party has '2'", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProtocolException>(() => parties[1]);
        await Task.WhenAll(sets.Select(set => set.DisposeAsync().AsTask()));
    }
}
