namespace SecureTransformer.Transport.Tests;

[Collection("In memory")]
public sealed class MemoryFaultTests : FaultContract
{
    protected override TestNetwork Create(TransportOptions options) => new MemoryTestNetwork(3, options);
}

[Collection(OverTcp.Name)]
public sealed class TcpFaultTests : FaultContract
{
    protected override TestNetwork Create(TransportOptions options) => new TcpTestNetwork(3, options);
}

/// <summary>What peers see of a party's faults, over each transport. Party 1 of three has them; every test ends with no frame outstanding.</summary>
public abstract class FaultContract
{
    private const ushort First = 7;
    private const ushort Second = 8;
    private static readonly TransportOptions s_options = new() { ReceiveTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(10) };

    protected abstract TestNetwork Create(TransportOptions options);

    [Fact]
    public async Task A_silent_party_is_silent_to_all_hears_the_others_and_says_no_farewell()
    {
        await using TestNetwork network = Create(s_options);
        ChannelSet[] sets = await OpenAsync(network, new ChannelFaults { Silent = f => f.Operation == Second && f.Peer == 2 });
        Send(sets[1][0], First, 1);
        Send(sets[1][2], Second, 2);
        Send(sets[1][0], Second, 3);
        Send(sets[0][1], First, 4);
        Assert.Equal(1, await ReceiveAsync(sets[0][1], First));
        Assert.Equal(4, await ReceiveAsync(sets[1][0], First));
        sets[1].Abort("this is not heard");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await ReceiveAsync(sets[1][0], First));
        Task closing = sets[1].DisposeAsync().AsTask();
        foreach (int peer in new[] { 0, 2 })
        {
            var error = await Assert.ThrowsAsync<PeerTimeoutException>(() => ReceiveAsync(sets[peer][1], Second));
            Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
            Assert.False(sets[peer].HasEnded);
            Assert.False(closing.IsCompleted);
        }

        await CloseAsync(network, sets[0], sets[2]);
        await closing.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, network.OutstandingFrames ?? 0);
    }

    [Fact]
    public async Task The_links_of_a_silent_party_do_not_outlive_its_program_for_ever()
    {
        await using TestNetwork network = Create(s_options);
        ChannelSet[] sets = await OpenAsync(network, new ChannelFaults { Silent = _ => true, LongestSilence = TimeSpan.FromMilliseconds(50) });
        Send(sets[1][0], First, 1);
        await sets[1].DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<PeerLostException>(() => ReceiveAsync(sets[0][1], First));
        await CloseAsync(network, sets[0], sets[2]);
    }

    [Fact]
    public async Task Late_frames_arrive_late_and_in_order_also_when_the_party_closes_at_once()
    {
        await using TestNetwork network = Create(s_options);
        ChannelSet[] sets = await OpenAsync(network, new ChannelFaults { Late = f => f.Number == 0, Delay = TimeSpan.FromMilliseconds(300) });
        long sent = TimeProvider.System.GetTimestamp();
        Send(sets[1][0], First, 1);
        Send(sets[1][0], First, 2);
        Send(sets[1][2], First, 3);
        ValueTask closing = sets[1].DisposeAsync();
        Assert.Equal(1, await ReceiveAsync(sets[0][1], First));
        Assert.True(TimeProvider.System.GetElapsedTime(sent) >= TimeSpan.FromMilliseconds(290));
        Assert.Equal(2, await ReceiveAsync(sets[0][1], First));
        Assert.Equal(3, await ReceiveAsync(sets[2][1], First));
        await closing;
        await CloseAsync(network, sets[0], sets[2]);
    }

    [Fact]
    public async Task A_party_that_is_too_late_is_named_and_its_frames_are_put_away()
    {
        var time = new ManualTime();
        await using TestNetwork network = Create(s_options);
        ChannelSet[] sets = await OpenAsync(network, new ChannelFaults { Late = _ => true, Delay = TimeSpan.FromHours(1), TimeProvider = time });
        Send(sets[1][0], First, 1);
        Send(sets[1][2], First, 2);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.Contains("party 1", (await Assert.ThrowsAsync<PeerTimeoutException>(() => ReceiveAsync(sets[0][1], First))).Message, StringComparison.Ordinal);
        Send(sets[1][2], First, 3);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, await ReceiveAsync(sets[2][1], First));
        sets[0].Abort("it took too long");
        sets[2].Abort("it took too long");
        await sets[1].DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        await CloseAsync(network, sets[0], sets[2]);
    }

    [Theory]
    [InlineData(WrongPayload.Replaced, false)]
    [InlineData(WrongPayload.Replaced, true)]
    [InlineData(WrongPayload.Flipped, false)]
    [InlineData(WrongPayload.Flipped, true)]
    public async Task Chosen_payloads_are_wrong_the_same_for_a_seed_and_others_by_peer_where_the_party_equivocates(WrongPayload payload, bool equivocates)
    {
        byte[] right = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        byte[][] once = await WrongAsync(11), again = await WrongAsync(11), other = await WrongAsync(12);
        Assert.Equal(once, again);
        Assert.NotEqual(once[0], other[0]);
        Assert.Equal(equivocates, !once[0].AsSpan().SequenceEqual(once[1]));
        foreach (byte[] wrong in once)
        {
            int bits = wrong.Zip(right).Sum(pair => System.Numerics.BitOperations.PopCount((uint)(pair.First ^ pair.Second)));
            Assert.True(payload == WrongPayload.Flipped ? bits == 1 : bits is > 300 and < 500, $"{bits} bits of 800 differ.");
        }

        async Task<byte[][]> WrongAsync(ulong seed)
        {
            await using TestNetwork network = Create(s_options);
            ChannelSet[] sets = await OpenAsync(
                network, new ChannelFaults { Wrong = f => f.Operation == First && f.Sequence == 1, Payload = payload, Equivocates = equivocates, Seed = seed });
            var wrong = new List<byte[]>();
            foreach (int peer in new[] { 0, 2 })
            {
                for (int i = 0; i < 3; i++)
                {
                    FrameBuffer frame = sets[1][peer].Rent(right.Length);
                    right.CopyTo(frame.Span);
                    sets[1][peer].Send(frame, i == 2 ? Second : First);
                }

                for (int i = 0; i < 3; i++)
                {
                    using FrameBuffer frame = await sets[peer][1].ReceiveAsync(i == 2 ? Second : First, right.Length);
                    if (i == 1)
                    {
                        wrong.Add(frame.Span.ToArray());
                    }
                    else
                    {
                        Assert.Equal(right, frame.Span.ToArray());
                    }
                }
            }

            await CloseAsync(network, sets);
            return [.. wrong];
        }
    }

    [Fact]
    public async Task A_payload_is_changed_as_one_likes()
    {
        await using TestNetwork network = Create(s_options);
        ChannelSet[] sets = await OpenAsync(
            network, new ChannelFaults { Wrong = f => f.Peer == 0, Change = (frame, payload) => payload[0] = (byte)(payload[0] + frame.Operation) });
        Send(sets[1][0], First, 1);
        Send(sets[1][2], First, 1);
        Assert.Equal(1 + First, await ReceiveAsync(sets[0][1], First));
        Assert.Equal(1, await ReceiveAsync(sets[2][1], First));
        await CloseAsync(network, sets);
    }

    [Fact]
    public async Task A_party_dies_with_all_its_sessions_and_clients_and_comes_back()
    {
        await using TestNetwork network = Create(s_options);
        IPartyEndpoint faulty = new ChannelFaults { Dies = f => f.Session == 1 && f.Operation == Second }.Attach(network.Parties[1]);
        ChannelSet[] first = await OpenAsync(network, faulty), second = await OpenAsync(network, faulty);
        await using ClientChannels client = await network.Client().ConnectAsync(second[0].SessionId);
        ClientConnection[] accepted = await Task.WhenAll(network.Parties[0].AcceptClientAsync(), faulty.AcceptClientAsync(), network.Parties[2].AcceptClientAsync());
        Send(first[1][0], Second, 1);
        Assert.Equal(1, await ReceiveAsync(first[0][1], Second));
        Task<int> waiting = ReceiveAsync(first[1][2], First);
        Assert.Throws<PeerLostException>(() => Send(accepted[1].Channel, Second, 1));
        await Assert.ThrowsAsync<PeerLostException>(() => waiting);
        Assert.Throws<PeerLostException>(() => Send(first[1][0], First, 1));
        foreach (ChannelSet set in new[] { first[0], first[2], second[0], second[2] })
        {
            Assert.Contains("party 1", (await Assert.ThrowsAsync<PeerLostException>(() => ReceiveAsync(set[1], First))).Message, StringComparison.Ordinal);
        }

        Assert.Contains("party 1", (await Assert.ThrowsAsync<PeerLostException>(() => ReceiveAsync(client[1], First))).Message, StringComparison.Ordinal);
        await client.DisposeAsync();
        await CloseAsync(network, [.. first, .. second], accepted);

        ChannelSet[] third = await OpenAsync(network, faulty);
        Send(third[1][0], Second, 5);
        Assert.Equal(5, await ReceiveAsync(third[0][1], Second));
        await CloseAsync(network, third);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        ChannelSet none = new(SessionId.New(), 0, new TrafficMeter(), [null]);
        Assert.Equal("Delay", Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelFaults { Delay = TimeSpan.FromSeconds(-1) }.Attach(none)).ParamName);
        Assert.Equal("LongestSilence", Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelFaults { LongestSilence = TimeSpan.FromSeconds(-1) }.Attach(none)).ParamName);
        Assert.Equal("Payload", Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelFaults { Payload = (WrongPayload)5 }.Attach(none)).ParamName);
    }

    private static Task<ChannelSet[]> OpenAsync(TestNetwork network, IPartyEndpoint faulty)
    {
        var id = SessionId.New();
        return Task.WhenAll(network.Parties.Select(party => (party.PartyId == 1 ? faulty : party).OpenSessionAsync(id)));
    }

    /// <summary>All channels of a session, those of party 1 with faults.</summary>
    private static async Task<ChannelSet[]> OpenAsync(TestNetwork network, ChannelFaults faults)
    {
        ChannelSet[] sets = await network.OpenAsync();
        sets[1] = faults.Attach(sets[1]);
        return sets;
    }

    private static void Send(IChannel channel, ushort operation, byte value)
    {
        using FrameBuffer frame = channel.Rent(1);
        frame.Span[0] = value;
        channel.Send(frame, operation);
    }

    private static async Task<int> ReceiveAsync(IChannel channel, ushort operation)
    {
        using FrameBuffer frame = await channel.ReceiveAsync(operation, 1);
        return frame.Span[0];
    }

    private static Task CloseAsync(TestNetwork network, params ChannelSet[] sets) => CloseAsync(network, sets, []);

    private static async Task CloseAsync(TestNetwork network, ChannelSet[] sets, ClientConnection[] clients)
    {
        await Task.WhenAll([.. sets.Select(set => set.DisposeAsync().AsTask()), .. clients.Select(client => client.DisposeAsync().AsTask())]);
        Assert.Equal(0, network.OutstandingFrames ?? 0);
    }
}
