using SecureTransformer.Architectures;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Shamir's sharing behind hosts and clients: answers without some of the parties, and thresholds that all must have alike.</summary>
public class ShamirClusterTests
{
    private const string Text = "the old man has sudden chest pain.";
    private static readonly TransportOptions s_patience = new() { ReceiveTimeout = TimeSpan.FromSeconds(60), ConnectTimeout = TimeSpan.FromSeconds(60) };

    [Fact]
    public async Task One_liar_or_one_silent_or_dead_party_of_four_is_named_and_the_answer_right()
    {
        await using LocalCluster cluster = await StartAsync(
            4,
            1,
            (1, new ChannelFaults { Wrong = f => f.Session == 1 && IsAnswer(f) }),
            (2, new ChannelFaults { Silent = f => f.Session == 2 && IsAnswer(f) }),
            (3, new ChannelFaults { Dies = f => f.Session == 3 && IsAnswer(f) }));
        await using InferenceClient client = cluster.Connect();
        Assert.Equal((1, PartyFaultKind.Wrong), await AskAsync());
        Assert.Equal((2, PartyFaultKind.Silent), await AskAsync());
        Assert.Equal((3, PartyFaultKind.Lost), await AskAsync());
        Assert.Null(await AskAsync());

        async Task<(int, PartyFaultKind)?> AskAsync()
        {
            Classification answer = await client.ClassifyAsync(Text);
            Assert.Equal("urgent", answer.Label);
            return answer.Faults.Count == 0 ? null : (Assert.Single(answer.Faults).Party, answer.Faults[0].Kind);
        }
    }

    [Fact]
    public async Task A_liar_and_a_dead_party_of_seven_are_both_named_and_the_answer_right()
    {
        await using LocalCluster cluster = await StartAsync(
            7, 2, (0, new ChannelFaults { Wrong = f => f.Session == 1 && IsAnswer(f), Equivocates = true }), (5, new ChannelFaults { Dies = f => f.Session == 1 && IsAnswer(f) }));
        await using InferenceClient client = cluster.Connect();
        Classification answer = await client.ClassifyAsync(Text);
        Assert.Equal("urgent", answer.Label);
        Assert.Equal([(0, PartyFaultKind.Wrong), (5, PartyFaultKind.Lost)], answer.Faults.Select(fault => (fault.Party, fault.Kind)));
        Assert.Equal([0L], answer.Cost.BytesByParty.Where(bytes => bytes == 0));
        Assert.InRange(answer.Cost.BytesOffline, 1, answer.Cost.BytesByParty.Sum());
    }

    [Fact]
    public async Task Of_three_parties_a_liar_is_seen_and_nobody_named()
    {
        await using LocalCluster cluster = await StartAsync(3, 1, (1, new ChannelFaults { Wrong = f => f.Session == 1 && IsAnswer(f) }));
        await using InferenceClient client = cluster.Connect();
        var error = await Assert.ThrowsAsync<ProtocolException>(() => client.ClassifyAsync(Text));
        Assert.StartsWith("The shares of all 3 parties contradict each other", error.Message, StringComparison.Ordinal);
        Assert.Empty((await client.ClassifyAsync(Text)).Faults);
    }

    [Fact]
    public async Task Clients_owners_and_parties_with_different_thresholds_refuse_each_other()
    {
        InferenceOptions Options(int? threshold) => new() { Protocol = MpcProtocol.Shamir, Parties = 5, Threshold = threshold };
        await using var insisting = new HostedParties(new PartyHostOptions { Threshold = 1 }, s_patience, inference: Options(null));
        var error = await Assert.ThrowsAsync<ProtocolException>(() => insisting.LoadAsync(options: Options(null)));
        Assert.Contains("the model's owner wants the threshold 2, and this party 1", error.Message, StringComparison.Ordinal);
        await insisting.LoadAsync(options: Options(1));
        await using InferenceClient other = insisting.Client(Options(2));
        Assert.Contains("the request has the threshold 2, the party's model 1", (await Assert.ThrowsAsync<ProtocolException>(() => other.ClassifyAsync(Text))).Message, StringComparison.Ordinal);
        await using InferenceClient client = insisting.Client(Options(1));
        Assert.Equal("urgent", (await client.ClassifyAsync(Text)).Label);
    }

    private static bool IsAnswer(OutgoingFrame frame) => frame.Operation == ShareCodec.ExportOperation && frame.Peer is null;

    private static Task<LocalCluster> StartAsync(int parties, int threshold, params (int Party, ChannelFaults Faults)[] faults) => LocalCluster.StartAsync(
        BertRuns.TriageDirectory,
        new LocalClusterOptions
        {
            Protocol = MpcProtocol.Shamir,
            Parties = parties,
            Threshold = threshold,
            TransportOptions = s_patience,
            Faults = faults.ToDictionary(pair => pair.Party, pair => pair.Faults),
        });
}
