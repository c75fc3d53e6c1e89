namespace SecureTransformer.Transport.Tests;

/// <summary>In one collection with the emulated contract: each holds 768 MB for a moment.</summary>
[Collection("In memory")]
public sealed class InMemoryContractTests : TransportContract
{
    protected override Task<TestNetwork> CreateAsync(int parties, TransportOptions? options = null, bool hasDealer = false) =>
        Task.FromResult<TestNetwork>(new MemoryTestNetwork(parties, options ?? new TransportOptions(), hasDealer));
}

public sealed class InMemoryNetworkTests
{
    [Fact]
    public async Task A_frame_passes_without_a_copy_and_is_zeroed_when_disposed()
    {
        await using InMemoryNetwork network = new(2);
        ChannelSet[] sets = await OpenAsync(network);
        FrameBuffer frame = sets[0][1].Rent(4096);
        frame.Span.Fill(0x5A);
        Memory<byte> memory = frame.Memory;
        sets[0][1].Send(frame, 1);
        using (FrameBuffer received = await sets[1][0].ReceiveAsync(1, 4096))
        {
            Assert.True(memory.Span.Overlaps(received.Span));
            Assert.Equal(0x5A, received.Span[4095]);
        }

        Assert.True(memory.Span.IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(0, network.OutstandingFrames);
    }

    [Fact]
    public async Task Frames_are_aligned_to_64_bytes()
    {
        await using InMemoryNetwork network = new(2);
        ChannelSet[] sets = await OpenAsync(network);
        foreach (int length in new[] { 1, 64, 65, 96, 97, 128, 129, 5000, 1 << 20, IChannel.MaxFrameLength })
        {
            using FrameBuffer frame = sets[0][1].Rent(length);
            Assert.Equal(0, Address(frame) % 64);
            Assert.Equal(length, frame.Span.Length);
        }

        static unsafe long Address(FrameBuffer frame)
        {
            fixed (byte* p = frame.Span)
            {
                return (long)p;
            }
        }
    }

    [Fact]
    public async Task A_manual_clock_drives_the_time_out_and_the_timer_is_reused()
    {
        ManualTime time = new();
        await using InMemoryNetwork network = new(2, new TransportOptions { TimeProvider = time, ReceiveTimeout = TimeSpan.FromSeconds(10) });
        ChannelSet[] sets = await OpenAsync(network);
        int before = time.Changes;
        for (int i = 0; i < 100; i++)
        {
            ValueTask<FrameBuffer> waiting = sets[1][0].ReceiveAsync(1, 8);
            sets[0][1].Send(sets[0][1].Rent(8), 1);
            (await waiting).Dispose();
        }

        Assert.Equal(before + 1, time.Changes);
        time.Advance(TimeSpan.FromSeconds(9));
        Task<FrameBuffer> last = sets[1][0].ReceiveAsync(1, 8).AsTask();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(last.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => last.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("party 0 sent nothing for 10 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_validated_by_name()
    {
        Assert.Equal("ReceiveTimeout", Assert.Throws<ArgumentOutOfRangeException>(
            () => new InMemoryNetwork(2, new TransportOptions { ReceiveTimeout = TimeSpan.Zero })).ParamName);
        Assert.Equal("MaxQueuedBytes", Assert.Throws<ArgumentOutOfRangeException>(
            () => new InMemoryNetwork(2, new TransportOptions { MaxQueuedBytes = 0 })).ParamName);
        Assert.Equal("BitsPerSecond", Assert.Throws<ArgumentOutOfRangeException>(
            () => new InMemoryNetwork(2, new TransportOptions { Conditions = new NetworkConditions { BitsPerSecond = 1 } })).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryNetwork(0));
        await using InMemoryNetwork one = new(1);
        await using ChannelSet alone = await one.Party(0).OpenSessionAsync(SessionId.New());
        Assert.Equal(1, alone.PartyCount);
    }

    private static Task<ChannelSet[]> OpenAsync(InMemoryNetwork network)
    {
        SessionId id = SessionId.New();
        return Task.WhenAll(Enumerable.Range(0, network.PartyCount).Select(i => network.Party(i).OpenSessionAsync(id)));
    }
}
