using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>A cluster one of whose parties misbehaves at the output of a request.</summary>
public class FaultyHostTests
{
    private static readonly TransportOptions s_patience = new() { ReceiveTimeout = TimeSpan.FromSeconds(3), ConnectTimeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public async Task A_party_that_dies_before_it_answers_is_named_and_serves_the_next_request()
    {
        await using LocalCluster cluster = await StartAsync(new ChannelFaults { Dies = f => f.Session == 1 && IsAnswer(f) });
        await using InferenceClient client = cluster.Connect();
        var error = await Assert.ThrowsAsync<PeerLostException>(() => client.ClassifyAsync("the old man has sudden chest pain."));
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
        Assert.Equal("urgent", (await client.ClassifyAsync("the old man has sudden chest pain.")).Label);
    }

    [Fact]
    public async Task A_party_that_is_silent_instead_of_answering_is_named()
    {
        await using LocalCluster cluster = await StartAsync(new ChannelFaults { Silent = f => f.Session == 1 && IsAnswer(f) });
        await using InferenceClient client = cluster.Connect();
        var error = await Assert.ThrowsAsync<PeerTimeoutException>(() => client.ClassifyAsync("the old man has sudden chest pain."));
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
        Assert.Equal("urgent", (await client.ClassifyAsync("the old man has sudden chest pain.")).Label);
    }

    [Fact]
    public async Task A_wrong_share_of_an_answer_makes_it_another_where_the_protocol_cannot_see_it()
    {
        await using LocalCluster cluster = await StartAsync(new ChannelFaults { Wrong = f => f.Session == 1 && IsAnswer(f) });
        await using InferenceClient client = cluster.Connect();
        Classification wrong = await client.ClassifyAsync("the old man has sudden chest pain.");
        Classification right = await client.ClassifyAsync("the old man has sudden chest pain.");
        Assert.Equal("urgent", right.Label);
        Assert.True(Math.Abs(wrong.Logits[0] - right.Logits[0]) > 1000, "A pseudorandom share makes a pseudorandom answer.");
    }

    [Fact]
    public void Faults_of_parties_that_do_not_exist_or_are_processes_are_refused()
    {
        var faults = new Dictionary<int, ChannelFaults> { [3] = new() };
        Assert.Contains("Party 3", Assert.Throws<ArgumentException>(() => new LocalClusterOptions { Faults = faults }.Validate()).Message, StringComparison.Ordinal);
        faults = new Dictionary<int, ChannelFaults> { [0] = new() };
        Assert.Contains("Party 0", Assert.Throws<ArgumentException>(() => new LocalClusterOptions { Faults = faults, Transport = ClusterTransport.Tcp }.Validate()).Message, StringComparison.Ordinal);
    }

    private static bool IsAnswer(OutgoingFrame frame) => frame.Operation == ShareCodec.ExportOperation;

    private static Task<LocalCluster> StartAsync(ChannelFaults faults) => LocalCluster.StartAsync(
        HostedParties.Model, new LocalClusterOptions { TransportOptions = s_patience, Faults = new Dictionary<int, ChannelFaults> { [1] = faults } });
}
