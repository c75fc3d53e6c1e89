using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What a client makes of the parties' shares of an output, some of which are wrong, late or missing.</summary>
public class CollectionTests
{
    private const int Count = 100_000;
    private const ulong Right = 7;
    private const ulong Wrong = 9;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);
    private static readonly CollectionOptions s_short = new() { Grace = TimeSpan.FromMilliseconds(100) };
    private static readonly CollectionOptions s_patient = new() { Grace = TimeSpan.FromMinutes(10) };

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(7, 2)]
    [InlineData(16, 5)]
    public async Task Where_all_shares_come_and_agree_nobody_is_named_and_no_grace_waited_for(int parties, int threshold)
    {
        await using var output = await Output.CreateAsync(parties, threshold);
        output.Send(Right, Enumerable.Range(0, parties));
        ReceivedValues received = await output.CollectAsync(s_patient);
        AssertRight(received);
        Assert.Empty(received.Faults);
        Assert.All(received.Receiving, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.Equal($"{Count} values", received.ToString());
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(7, 2)]
    [InlineData(10, 3)]
    public async Task As_many_wrong_shares_as_the_threshold_are_named_also_when_they_come_first(int parties, int threshold)
    {
        await using var output = await Output.CreateAsync(parties, threshold);
        int[] liars = [.. Enumerable.Range(1, threshold)];
        output.Send(Wrong, liars);
        Task<ReceivedValues> collecting = output.CollectAsync(s_patient);
        int[] honest = [.. Enumerable.Range(0, parties).Except(liars)];
        output.Send(Right, honest[..^1]);
        await Task.Delay(50);
        Assert.False(collecting.IsCompleted);
        output.Send(Right, honest[^1..]);
        ReceivedValues received = await collecting;
        AssertRight(received);
        Assert.Equal(liars, received.Faults.Select(fault => fault.Party));
        Assert.All(received.Faults, fault => Assert.Equal((PartyFaultKind.Wrong, $"party {fault.Party} sent a wrong share"), (fault.Kind, fault.What)));
    }

    [Fact]
    public async Task A_silent_a_lost_and_a_babbling_party_are_named_after_a_short_grace()
    {
        await using var output = await Output.CreateAsync(10, 3);
        output.Send(Right, [0, 1, 2, 4, 5, 7, 9]);
        await output.Parties[3].DisposeAsync();
        output.Parties[8].Channel.Send(output.Parties[8].Channel.Rent(0), 77);
        long started = Stopwatch.GetTimestamp();
        ReceivedValues received = await output.CollectAsync(s_short);
        Assert.True(Stopwatch.GetElapsedTime(started) < s_timeout, "It waited for a silent party.");
        AssertRight(received);
        Assert.Equal([(3, PartyFaultKind.Lost), (6, PartyFaultKind.Silent), (8, PartyFaultKind.Lost)], received.Faults.Select(fault => (fault.Party, fault.Kind)));
        Assert.Equal("party 3 closed the connection.", received.Faults[0].What);
        Assert.Equal("party 6 sent no share within 0.1 s of those that were enough", received.Faults[1].What);
        Assert.StartsWith("party 8 sent operation 77", received.Faults[2].What, StringComparison.Ordinal);

        // What comes late after all is put away, and the channel is free again.
        Assert.False(received.Receiving[6].IsCompleted);
        output.Send(Right, [6]);
        await received.Receiving[6].WaitAsync(s_timeout);
        output.Send(Right, [6]);
        (await output.Channels[6].ReceiveAsync(ShareCodec.ExportOperation, Math.Min(Chunks.Size, Count) * sizeof(ulong))).Dispose();
    }

    [Theory]
    [InlineData(Right)]
    [InlineData(Wrong)]
    public async Task A_share_that_comes_within_the_grace_is_judged_too(ulong value)
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Right, [0, 1, 3]);
        Task<ReceivedValues> collecting = output.CollectAsync(s_patient);
        await Task.Delay(50);
        Assert.False(collecting.IsCompleted);
        output.Send(value, [2]);
        ReceivedValues received = await collecting;
        AssertRight(received);
        Assert.Equal(value == Right ? [] : [(2, PartyFaultKind.Wrong)], received.Faults.Select(fault => (fault.Party, fault.Kind)));
        Assert.Equal(2, output.Codec.Combinations);
    }

    [Fact]
    public async Task Nobody_waits_for_parties_that_were_given_up()
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Right, [0, 1, 2]);
        ReceivedValues received = await output.CollectAsync(new CollectionOptions { Grace = TimeSpan.FromHours(1), GivenUp = [3] });
        AssertRight(received);
        Assert.Equal([3], received.Faults.Select(fault => fault.Party));
    }

    [Fact]
    public async Task Too_many_silent_parties_end_it_within_the_time_out_with_an_error_that_names_one()
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Right, [0, 3]);
        var error = await Assert.ThrowsAsync<PeerTimeoutException>(() => output.CollectAsync(s_short));
        Assert.Matches("party [12] sent nothing for 2 s", error.Message);
    }

    [Fact]
    public async Task Of_too_many_failures_a_broken_connection_is_the_error()
    {
        await using var output = await Output.CreateAsync(7, 2);
        output.Parties[0].Channel.Abort("nothing to say");
        output.Parties[1].Channel.Abort("nothing to say");
        await output.Parties[4].DisposeAsync();
        Assert.Equal("party 4 closed the connection.", (await Assert.ThrowsAsync<PeerLostException>(() => output.CollectAsync(s_short))).Message);
    }

    [Theory]
    [InlineData(3, 1, new[] { 1 })]
    [InlineData(7, 2, new[] { 1, 2, 3 })]
    [InlineData(7, 3, new[] { 0 })]
    public async Task Too_many_wrong_shares_end_it_without_a_value(int parties, int threshold, int[] liars)
    {
        await using var output = await Output.CreateAsync(parties, threshold);
        output.Send(Wrong, liars);
        output.Send(Right, Enumerable.Range(0, parties).Except(liars));
        var error = await Assert.ThrowsAsync<ProtocolException>(() => output.CollectAsync(s_short));
        Assert.StartsWith($"The shares of all {parties} parties contradict each other", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_share_beside_a_lost_one_that_would_tell_ends_it_and_names_the_lost()
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Wrong, [0]);
        output.Send(Right, [1, 2]);
        await output.Parties[3].DisposeAsync();
        var error = await Assert.ThrowsAsync<ProtocolException>(() => output.CollectAsync(s_short));
        Assert.Contains("there are none of party 3: party 3 closed the connection.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shares_are_taken_when_what_comes_before_them_has_come()
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Right, Enumerable.Range(0, 4));
        var before = new TaskCompletionSource();
        Task[] after = [Task.CompletedTask, before.Task, Task.CompletedTask, Task.FromException(new PeerLostException("party 3 is gone"))];
        Task<ReceivedValues> collecting = output.CollectAsync(new CollectionOptions { Grace = TimeSpan.FromMinutes(10), After = after });
        await Task.Delay(50);
        Assert.False(collecting.IsCompleted);
        before.SetResult();
        ReceivedValues received = await collecting;
        AssertRight(received);
        Assert.Equal([new PartyFault(3, PartyFaultKind.Lost, "party 3 is gone")], received.Faults);
        await Assert.ThrowsAsync<ArgumentException>(() => output.CollectAsync(new CollectionOptions { After = after[..3] }));
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        await using var output = await Output.CreateAsync(4, 1);
        output.Send(Right, [0, 1]);
        using var source = new CancellationTokenSource();
        Task<ReceivedValues> collecting = output.CollectAsync(s_patient, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => collecting);
    }

    [Fact]
    public async Task A_codec_that_needs_all_shares_waits_for_all()
    {
        await using var network = new InMemoryNetwork(3, new TransportOptions { ReceiveTimeout = s_timeout });
        await using IClientEndpoint endpoint = network.Client();
        ClientChannels client = await endpoint.ConnectAsync(SessionId.New());
        ClientConnection[] parties = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => network.Party(i).AcceptClientAsync()));
        var codec = ShareCodec.Create(MpcProtocol.Replicated3);
        Assert.Equal(3, codec.SharesNeeded);
        for (ulong party = 0; party < 3; party++)
        {
            FrameBuffer frame = parties[party].Channel.Rent(sizeof(ulong));
            frame.Words[0] = party + 1;
            parties[party].Channel.Send(frame, ShareCodec.ExportOperation);
        }

        ReceivedValues received = await codec.CollectAsync([.. Enumerable.Range(0, 3).Select(i => client[i])], 1, 0);
        Assert.Equal([6.0], received.Values);
        Assert.Empty(received.Faults);
        var error = await Assert.ThrowsAsync<PeerLostException>(() => codec.CollectAsync(
            [.. Enumerable.Range(0, 3).Select(i => client[i])], 1, 0, new CollectionOptions { After = [Task.CompletedTask, Task.FromException(new PeerLostException("gone")), Task.CompletedTask] }).AsTask());
        Assert.Equal("gone", error.Message);
        await client.DisposeAsync();
        await Task.WhenAll(parties.Select(party => party.DisposeAsync().AsTask()));
        Assert.Equal(0, network.OutstandingFrames);
    }

    private static void AssertRight(ReceivedValues received)
    {
        Assert.Equal(Count, received.Values.Length);
        Assert.All(received.Values, value => Assert.Equal(Right, value));
    }

    /// <summary>A client and its parties, at the end of which no frame is left.</summary>
    private sealed class Output : IAsyncDisposable
    {
        private readonly InMemoryNetwork _network;

        private Output(InMemoryNetwork network, ClientChannels client, ClientConnection[] parties, int threshold)
        {
            _network = network;
            Client = client;
            Parties = parties;
            Codec = new RepeatedCodec(parties.Length, threshold);
        }

        public ClientChannels Client { get; }

        public ClientConnection[] Parties { get; }

        public RepeatedCodec Codec { get; }

        public IChannel[] Channels => [.. Enumerable.Range(0, Parties.Length).Select(i => Client[i])];

        public static async Task<Output> CreateAsync(int parties, int threshold)
        {
            var network = new InMemoryNetwork(parties, new TransportOptions { ReceiveTimeout = s_timeout });
            ClientChannels client = await network.Client().ConnectAsync(SessionId.New());
            return new Output(network, client, await Task.WhenAll(Enumerable.Range(0, parties).Select(i => network.Party(i).AcceptClientAsync())), threshold);
        }

        public void Send(ulong value, IEnumerable<int> parties)
        {
            foreach (int party in parties)
            {
                foreach ((int start, int length) in new Chunks(Count))
                {
                    FrameBuffer frame = Parties[party].Channel.Rent(length * sizeof(ulong));
                    frame.Words.Fill(start == 0 ? Right : value);
                    Parties[party].Channel.Send(frame, ShareCodec.ExportOperation);
                }
            }
        }

        public Task<ReceivedValues> CollectAsync(CollectionOptions options, CancellationToken cancellationToken = default) =>
            Codec.CollectAsync(Channels, Count, 0, options, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Task.WhenAll(Parties.Select(party => party.DisposeAsync().AsTask()));
            await _network.DisposeAsync();
            for (int i = 0; i < 100 && _network.OutstandingFrames > 0; i++)
            {
                await Task.Delay(10);
            }

            Assert.Equal(0, _network.OutstandingFrames);
        }
    }
}
