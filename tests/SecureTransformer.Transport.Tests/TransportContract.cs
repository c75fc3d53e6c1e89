using System.Buffers.Binary;

namespace SecureTransformer.Transport.Tests;

/// <summary>What every transport promises; one subclass a transport.</summary>
public abstract partial class TransportContract
{
    private const ushort Operation = 7;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected abstract Task<TestNetwork> CreateAsync(int parties, TransportOptions? options = null, bool hasDealer = false);

    [Fact]
    public async Task All_parties_send_256_MB_before_any_receives()
    {
        const int parties = 3, frames = 8, length = IChannel.MaxFrameLength;
        await using TestNetwork network = await CreateAsync(parties);
        ChannelSet[] sets = await network.OpenAsync();
        foreach (ChannelSet set in sets)
        {
            for (int frame = 0; frame < frames; frame++)
            {
                foreach (int peer in Peers(set))
                {
                    FrameBuffer buffer = set[peer].Rent(length);
                    buffer.Words[0] = Mark(set.PartyId, frame);
                    buffer.Words[^1] = ~Mark(set.PartyId, frame);
                    set[peer].Send(buffer, Operation);
                }
            }
        }

        await Task.WhenAll(sets.Select(async set =>
        {
            for (int frame = 0; frame < frames; frame++)
            {
                foreach (int peer in Peers(set))
                {
                    using FrameBuffer buffer = await set[peer].ReceiveAsync(Operation, length);
                    Assert.Equal(Mark(peer, frame), buffer.Words[0]);
                    Assert.Equal(~Mark(peer, frame), buffer.Words[^1]);
                }
            }

            Assert.Equal(256L << 20, set.Meter.BytesSent(TrafficPhase.Setup));
        })).WaitAsync(Patience);
        await DisposeAsync(sets);
        Assert.True(network.OutstandingFrames is null or 0);

        static ulong Mark(int party, int frame) => 0xABCD_0000_0000_0000 + ((ulong)party << 32) + (ulong)frame;
    }

    [Fact]
    public async Task Frames_arrive_in_order_and_whole()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        int[] lengths = [0, 1, 7, 8, 63, 64, 65, 4096, 16384, 65536, 65537, 1_000_003];
        for (int i = 0; i < lengths.Length; i++)
        {
            SendPattern(sets[0][1], (ushort)i, lengths[i]);
        }

        for (int i = 0; i < lengths.Length; i++)
        {
            using FrameBuffer frame = await sets[1][0].ReceiveAsync((ushort)i, lengths[i]);
            Assert.Equal(lengths[i], frame.Length);
            AssertPattern(frame, (ushort)i);
        }

        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Many_small_frames_arrive_in_order()
    {
        const int count = 20_000;
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        Task sending = Task.Run(() =>
        {
            for (int i = 0; i < count; i++)
            {
                FrameBuffer frame = sets[0][1].Rent(sizeof(int));
                BinaryPrimitives.WriteInt32LittleEndian(frame.Span, i);
                sets[0][1].Send(frame, Operation);
            }
        });
        for (int i = 0; i < count; i++)
        {
            using FrameBuffer frame = await sets[1][0].ReceiveAsync(Operation, sizeof(int));
            Assert.Equal(i, BinaryPrimitives.ReadInt32LittleEndian(frame.Span));
        }

        await sending;
        Assert.Equal(1, sets[1].Meter.Clock);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_wrong_operation_is_a_protocol_error_at_both_ends()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        SendPattern(sets[0][1], 3, 16);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReceiveAndDropAsync(sets[1][0], 4, 16));
        Assert.Contains("party 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("sent operation 3 (16 bytes) where operation 4 (16 bytes) was expected", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProtocolException>(() => ReceiveAndDropAsync(sets[1][0], 3, 16));
        Assert.Throws<ProtocolException>(() => SendPattern(sets[1][0], 3, 16));
        ProtocolException told = await Assert.ThrowsAsync<ProtocolException>(() => ReceiveAndDropAsync(sets[0][1], 3, 16));
        Assert.Contains("party 1", told.Message, StringComparison.Ordinal);
        Assert.Contains("ended the session: received a frame that does not fit the protocol", told.Message, StringComparison.Ordinal);
        await DisposeAsync(sets);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public async Task A_wrong_length_is_a_protocol_error(int length)
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        SendPattern(sets[0][1], 3, length);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReceiveAndDropAsync(sets[1][0], 3, 16));
        Assert.Contains($"sent operation 3 ({length} bytes) where operation 3 (16 bytes) was expected", error.Message, StringComparison.Ordinal);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_bounded_receive_takes_shorter_frames_and_refuses_longer_ones()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        SendPattern(sets[0][1], 3, 10);
        SendPattern(sets[0][1], 3, 101);
        using (FrameBuffer frame = await sets[1][0].ReceiveAtMostAsync(3, 100))
        {
            Assert.Equal(10, frame.Length);
            AssertPattern(frame, 3);
        }

        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(
            async () => (await sets[1][0].ReceiveAtMostAsync(3, 100)).Dispose());
        Assert.Contains("at most 100 bytes", error.Message, StringComparison.Ordinal);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task An_abort_reaches_the_waiting_peer_with_its_reason_cleaned()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        Task waiting = ReceiveAndDropAsync(sets[1][0], Operation, 8);
        sets[0].Abort("model \u001b[31mdiffers\n" + new string('x', 400));
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => waiting.WaitAsync(Patience));
        Assert.Contains("party 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("ended the session: model ?[31mdiffers?xxx", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 350);
        Assert.Throws<ProtocolException>(() => SendPattern(sets[1][0], Operation, 8));
        Assert.Throws<InvalidOperationException>(() => SendPattern(sets[0][1], Operation, 8));
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReceiveAndDropAsync(sets[0][1], Operation, 8));
        await DisposeAsync(sets);
        Assert.True(network.OutstandingFrames is null or 0);
    }

    [Fact]
    public async Task Disposing_ends_a_pending_receive_and_the_peer_learns_of_it()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        Task mine = ReceiveAndDropAsync(sets[0][1], Operation, 8);
        Task theirs = ReceiveAndDropAsync(sets[1][0], Operation, 8);
        await sets[0].DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mine.WaitAsync(Patience));
        PeerLostException error = await Assert.ThrowsAsync<PeerLostException>(() => theirs.WaitAsync(Patience));
        Assert.Contains("party 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("closed the connection", error.Message, StringComparison.Ordinal);
        await sets[0].DisposeAsync();
        await sets[1].DisposeAsync();
    }

    [Fact]
    public async Task Frames_sent_before_disposal_arrive_even_if_the_sender_leaves_frames_unread()
    {
        const int count = 24, length = 1 << 20;
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ReadAheadBytes = length });
        ChannelSet[] sets = await network.OpenAsync();
        for (int i = 0; i < count; i++)
        {
            SendPattern(sets[0][1], Operation, length);
            SendPattern(sets[1][0], Operation, length);
        }

        Task receiving = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                using FrameBuffer frame = await sets[1][0].ReceiveAsync(Operation, length);
                AssertPattern(frame, Operation);
                await Task.Delay(5);
            }
        });
        await sets[0].DisposeAsync();
        await receiving.WaitAsync(Patience);
        await Assert.ThrowsAsync<PeerLostException>(() => ReceiveAndDropAsync(sets[1][0], Operation, 8));
        await sets[1].DisposeAsync();
    }

    [Fact]
    public async Task A_time_out_names_the_peer_and_consumes_nothing()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ReceiveTimeout = TimeSpan.FromMilliseconds(50) });
        ChannelSet[] sets = await network.OpenAsync();
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => ReceiveAndDropAsync(sets[1][0], Operation, 8));
        Assert.Contains("party 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("sent nothing for 0.05 s", error.Message, StringComparison.Ordinal);
        SendPattern(sets[0][1], Operation, 8);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_cancelled_receive_consumes_nothing_and_the_channel_lives()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        using CancellationTokenSource source = new();
        Task waiting = sets[1][0].ReceiveAsync(Operation, 8, source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException error = await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        Assert.Equal(source.Token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => (await sets[1][0].ReceiveAsync(Operation, 8, source.Token)).Dispose());
        SendPattern(sets[0][1], Operation, 8);
        await ReceiveAndDropAsync(sets[1][0], Operation, 8);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_second_receive_while_one_is_pending_throws()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        Task first = ReceiveAndDropAsync(sets[1][0], Operation, 8);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReceiveAndDropAsync(sets[1][0], Operation, 8));
        SendPattern(sets[0][1], Operation, 8);
        await first.WaitAsync(Patience);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Rounds_are_the_longest_chain_of_dependent_messages()
    {
        await using TestNetwork network = await CreateAsync(3);
        ChannelSet[] sets = await network.OpenAsync();

        // Two exchanges among all three, each one round however many messages it has.
        foreach (ChannelSet set in sets)
        {
            set.Meter.Phase = TrafficPhase.Online;
        }

        for (int round = 0; round < 2; round++)
        {
            await Task.WhenAll(sets.Select(async set =>
            {
                foreach (int peer in Peers(set))
                {
                    SendPattern(set[peer], Operation, 24);
                    SendPattern(set[peer], Operation, 8);
                }

                foreach (int peer in Peers(set))
                {
                    await ReceiveAndDropAsync(set[peer], Operation, 24);
                    await ReceiveAndDropAsync(set[peer], Operation, 8);
                }
            }));
        }

        Assert.All(sets, set => Assert.Equal(2, set.Meter.Rounds(TrafficPhase.Online)));

        // A chain 0 -> 1 -> 2 -> 0 is three rounds.
        TrafficSnapshot before = sets[0].Meter.Snapshot();
        foreach (ChannelSet set in sets)
        {
            set.Meter.Phase = TrafficPhase.Output;
        }

        for (int i = 0; i < 3; i++)
        {
            int next = (i + 1) % 3;
            SendPattern(sets[i][next], Operation, 5);
            await ReceiveAndDropAsync(sets[next][i], Operation, 5);
        }

        TrafficSnapshot chain = sets[0].Meter.Snapshot() - before;
        Assert.Equal(3, chain.Rounds(TrafficPhase.Output));
        Assert.Equal(3, chain.RoundsTotal);
        Assert.Equal(5, chain.BytesSentTotal);
        Assert.Equal(5, sets[0].Meter.Clock);
        Assert.Equal([3, 1, 2], sets.Select(s => s.Meter.Rounds(TrafficPhase.Output)));
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Bytes_are_counted_by_phase_and_setup_is_in_no_total()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        TrafficMeter meter = sets[0].Meter;
        Assert.Equal(TrafficPhase.Setup, meter.Phase);
        foreach (TrafficPhase phase in Enum.GetValues<TrafficPhase>())
        {
            meter.Phase = phase;
            SendPattern(sets[0][1], Operation, 100 + (int)phase);
        }

        foreach (TrafficPhase phase in Enum.GetValues<TrafficPhase>())
        {
            await ReceiveAndDropAsync(sets[1][0], Operation, 100 + (int)phase);
            Assert.Equal(100 + (int)phase, meter.BytesSent(phase));
            Assert.Equal(1, meter.FramesSent(phase));
        }

        Assert.Equal(101 + 102 + 103 + 104, meter.BytesSentTotal);
        Assert.Equal(4, meter.FramesSentTotal);
        Assert.Equal(0, sets[1].Meter.BytesSentTotal);
        Assert.Equal(1, sets[1].Meter.Rounds(TrafficPhase.Setup));
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_disposed_channel_and_a_sent_frame_refuse_use()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        IChannel channel = sets[0][1];
        FrameBuffer frame = channel.Rent(8);
        channel.Send(frame, Operation);
        Assert.Throws<ObjectDisposedException>(() => frame.Span[0] = 1);
        Assert.Throws<ObjectDisposedException>(() => channel.Send(frame, Operation));
        frame.Dispose();
        await ReceiveAndDropAsync(sets[1][0], Operation, 8);
        FrameBuffer kept = channel.Rent(8);
        await sets[0].DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => channel.Send(kept, Operation));
        Assert.Throws<ObjectDisposedException>(() => channel.Rent(8));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReceiveAndDropAsync(channel, Operation, 8));
        await DisposeAsync(sets);
        Assert.True(network.OutstandingFrames is null or 0);
    }

    [Fact]
    public async Task Arguments_out_of_range_are_refused()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        IChannel channel = sets[0][1];
        Assert.Throws<ArgumentOutOfRangeException>(() => channel.Rent(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => channel.Rent(IChannel.MaxFrameLength + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => channel.Send(channel.Rent(1), IChannel.FirstReservedOperation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ReceiveAndDropAsync(channel, Operation, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => sets[0][0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => sets[0][2]);
        using FrameBuffer odd = channel.Rent(9);
        Assert.Throws<InvalidOperationException>(() => odd.Words.Length);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_queue_beyond_its_bound_is_an_error_that_names_the_peer()
    {
        await using TestNetwork network = await CreateAsync(
            2, new TransportOptions { MaxQueuedBytes = 64 << 20, ReadAheadBytes = 1 << 20, CloseTimeout = TimeSpan.FromMilliseconds(100) });
        ChannelSet[] sets = await network.OpenAsync();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                sets[0][1].Send(sets[0][1].Rent(1 << 20), Operation);
            }
        });
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
        Assert.True(sets[0].Meter.BytesSent(TrafficPhase.Setup) >= 63 << 20);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Empty_frames_fill_the_queue_too()
    {
        await using TestNetwork network = await CreateAsync(
            2, new TransportOptions { MaxQueuedBytes = 1 << 20, ReadAheadBytes = 1 << 20, CloseTimeout = TimeSpan.FromMilliseconds(100) });
        ChannelSet[] sets = await network.OpenAsync();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int i = 0; i < 2_000_000; i++)
            {
                sets[0][1].Send(sets[0][1].Rent(0), Operation);
            }
        });
        Assert.Contains("bytes are queued for party 1", error.Message, StringComparison.Ordinal);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task A_client_whose_clock_runs_away_is_named_and_leaves_the_parties_in_peace()
    {
        await using TestNetwork network = await CreateAsync(2);
        await using IClientEndpoint client = network.Client();
        SessionId id = SessionId.New();
        Task<ClientConnection[]> accepting = Task.WhenAll(network.Parties.Select(p => p.AcceptClientAsync()));
        await using ClientChannels channels = await client.ConnectAsync(id);
        ClientConnection[] connections = await accepting;
        ChannelSet[] sets = await network.OpenAsync(id);

        // What it heard from one party may be news to another.
        channels.Meter.RecordReceived(20_000);
        SendPattern(channels[0], 1, 8);
        await ReceiveAndDropAsync(connections[0].Channel, 1, 8);
        Assert.Equal(20_001, sets[0].Meter.Clock);

        channels.Meter.RecordReceived((1 << 30) - 1);
        SendPattern(channels[0], 1, 8);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReceiveAndDropAsync(connections[0].Channel, 1, 8).WaitAsync(Patience));
        Assert.Contains(connections[0].Channel.PeerName, error.Message, StringComparison.Ordinal);
        Assert.Contains($"sent a frame with clock {1 << 30}", error.Message, StringComparison.Ordinal);
        Assert.Equal(20_001, sets[0].Meter.Clock);
        SendPattern(sets[0][1], 2, 8);
        await ReceiveAndDropAsync(sets[1][0], 2, 8);
        Assert.Equal(20_002, sets[1].Meter.Clock);

        // Parties are bound by the range alone.
        sets[0].Meter.RecordReceived((1 << 30) - 1);
        SendPattern(sets[0][1], 2, 8);
        await ReceiveAndDropAsync(sets[1][0], 2, 8);
        Assert.Equal(1 << 30, sets[1].Meter.Clock);
        await DisposeAsync(sets);
        foreach (ClientConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_client_cannot_drive_a_partys_clock_to_its_end_by_many_frames()
    {
        const int step = 60_000;
        await using TestNetwork network = await CreateAsync(1);
        await using IClientEndpoint client = network.Client();
        Task<ClientConnection> accepting = network.Parties[0].AcceptClientAsync();
        await using ClientChannels channels = await client.ConnectAsync(SessionId.New());
        await using ClientConnection connection = await accepting;
        int frames = 0;
        for (int clock = step; clock < (1 << 30) - step; clock += step)
        {
            channels.Meter.RecordReceived(clock);
            SendPattern(channels[0], 1, 8);
            frames++;
        }

        await Assert.ThrowsAsync<ProtocolException>(async () =>
        {
            for (int i = 0; i < frames; i++)
            {
                await ReceiveAndDropAsync(connection.Channel, 1, 8).WaitAsync(Patience);
            }
        });
        Assert.InRange(connection.Channel.Meter.Clock, step, 1 << 29);
    }

    [Fact]
    public async Task Sessions_are_isolated_and_an_id_serves_once()
    {
        await using TestNetwork network = await CreateAsync(2);
        SessionId id = SessionId.New();
        ChannelSet[] first = await network.OpenAsync(id), second = await network.OpenAsync();
        SendPattern(second[0][1], 1, 8);
        SendPattern(first[0][1], 2, 16);
        await ReceiveAndDropAsync(first[1][0], 2, 16);
        first[0].Abort("done");
        await ReceiveAndDropAsync(second[1][0], 1, 8);
        Assert.Equal(8, second[0].Meter.BytesSent(TrafficPhase.Setup));
        await Assert.ThrowsAsync<InvalidOperationException>(() => network.Parties[0].OpenSessionAsync(id));
        await DisposeAsync(first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => network.Parties[0].OpenSessionAsync(id));
        await DisposeAsync(second);
    }

    [Fact]
    public async Task Sessions_beyond_the_bound_are_refused_until_one_closes()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { MaxSessions = 1 });
        ChannelSet[] sets = await network.OpenAsync();
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => network.Parties[0].OpenSessionAsync(SessionId.New()));
        Assert.Contains("1 sessions open", error.Message, StringComparison.Ordinal);
        await DisposeAsync(sets);
        await DisposeAsync(await network.OpenAsync());
    }

    [Fact]
    public async Task A_client_reaches_all_parties_and_shares_the_clock_of_its_session()
    {
        await using TestNetwork network = await CreateAsync(3);
        await using IClientEndpoint client = network.Client();
        SessionId id = SessionId.New();
        Task<ClientConnection[]> accepting = Task.WhenAll(network.Parties.Select(p => p.AcceptClientAsync()));
        await using ClientChannels channels = await client.ConnectAsync(id);
        ClientConnection[] connections = await accepting;
        ChannelSet[] sets = await network.OpenAsync(id);
        Assert.All(connections, c => Assert.Equal(id, c.SessionId));
        Assert.Same(sets[1].Meter, connections[1].Channel.Meter);
        for (int i = 0; i < 3; i++)
        {
            SendPattern(channels[i], 1, 40);
            await ReceiveAndDropAsync(connections[i].Channel, 1, 40);
        }

        SendPattern(sets[0][1], 2, 8);
        await ReceiveAndDropAsync(sets[1][0], 2, 8);
        SendPattern(connections[1].Channel, 3, 8);
        await ReceiveAndDropAsync(channels[1], 3, 8);
        Assert.Equal(3, channels.Meter.Clock);
        Assert.Equal(120, channels.Meter.BytesSent(TrafficPhase.Setup));
        await DisposeAsync(sets);
        foreach (ClientConnection connection in connections)
        {
            Assert.StartsWith("client", connection.Channel.PeerName, StringComparison.Ordinal);
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Clients_beyond_the_bound_and_duplicate_ids_are_refused()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { MaxClients = 2 });
        await using IClientEndpoint client = network.Client();
        SessionId id = SessionId.New();
        await using ClientChannels first = await client.ConnectAsync(id);
        ProtocolException duplicate = await Assert.ThrowsAsync<ProtocolException>(() => client.ConnectAsync(id));
        Assert.Contains("refused the connection: duplicate session", duplicate.Message, StringComparison.Ordinal);
        await using ClientChannels second = await client.ConnectAsync(SessionId.New());
        ProtocolException full = await Assert.ThrowsAsync<ProtocolException>(() => client.ConnectAsync(SessionId.New()));
        Assert.Contains("party", full.Message, StringComparison.Ordinal);
        Assert.Contains("refused the connection: too many clients", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_party_is_named_when_a_session_opens()
    {
        await using TestNetwork network = await CreateAsync(3, new TransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(400) });
        SessionId id = SessionId.New();
        Task<ChannelSet> zero = network.Parties[0].OpenSessionAsync(id), one = network.Parties[1].OpenSessionAsync(id);
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => zero.WaitAsync(Patience));
        Assert.Contains("party 2", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => one.WaitAsync(Patience));
    }

    [Fact]
    public async Task Opening_and_accepting_can_be_cancelled()
    {
        await using TestNetwork network = await CreateAsync(2);
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.Parties[1].OpenSessionAsync(SessionId.New(), source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.Parties[0].AcceptClientAsync(source.Token));
        Task<ClientConnection> accepting = network.Parties[0].AcceptClientAsync();
        await network.Parties[0].DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => network.Parties[0].OpenSessionAsync(SessionId.New()));
    }

    [Fact]
    public async Task The_observer_sees_every_frame()
    {
        List<string> seen = [];
        await using TestNetwork network = await CreateAsync(2, new TransportOptions
        {
            FrameObserver = (in frame) => seen.Add($"{frame.From}>{frame.To} {frame.Operation} {frame.Payload.Length} {frame.Phase} {frame.Clock} {frame.Payload[0]}"),
        });
        ChannelSet[] sets = await network.OpenAsync();
        sets[0].Meter.Phase = TrafficPhase.Input;
        SendPattern(sets[0][1], 5, 10);
        await ReceiveAndDropAsync(sets[1][0], 5, 10);
        Assert.Equal(["party 0>party 1 5 10 Input 1 5"], seen);
        await DisposeAsync(sets);
    }

    protected static void SendPattern(IChannel channel, ushort operation, int length)
    {
        FrameBuffer frame = channel.Rent(length);
        Span<byte> span = frame.Span;
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = (byte)((i * 31) + operation);
        }

        channel.Send(frame, operation);
    }

    protected static async Task ReceiveAndDropAsync(IChannel channel, ushort operation, int length)
    {
        using FrameBuffer frame = await channel.ReceiveAsync(operation, length);
        Assert.Equal(length, frame.Length);
    }

    protected static async Task DisposeAsync(ChannelSet[] sets) =>
        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask())).WaitAsync(Patience);

    private static void AssertPattern(FrameBuffer frame, ushort operation)
    {
        Span<byte> span = frame.Span;
        for (int i = 0; i < span.Length; i++)
        {
            if (span[i] != (byte)((i * 31) + operation))
            {
                Assert.Fail($"byte {i} of {span.Length} differs");
            }
        }
    }

    private static IEnumerable<int> Peers(ChannelSet set) => Enumerable.Range(0, set.PartyCount).Where(i => i != set.PartyId);
}
