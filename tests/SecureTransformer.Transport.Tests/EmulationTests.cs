using System.Diagnostics;

namespace SecureTransformer.Transport.Tests;

[Collection("In memory")]
public sealed class EmulatedContractTests : TransportContract
{
    // So fast that only the mechanism is at work; late sends of a slow test machine do no harm.
    protected override Task<TestNetwork> CreateAsync(int parties, TransportOptions? options = null, bool hasDealer = false)
    {
        options ??= new TransportOptions();
        return Task.FromResult<TestNetwork>(new MemoryTestNetwork(parties, new TransportOptions
        {
            Conditions = new NetworkConditions { OneWayDelay = TimeSpan.FromMicroseconds(100) },
            ReceiveTimeout = options.ReceiveTimeout,
            ConnectTimeout = options.ConnectTimeout,
            CloseTimeout = options.CloseTimeout,
            MaxSessions = options.MaxSessions,
            MaxClients = options.MaxClients,
            MaxQueuedBytes = options.MaxQueuedBytes,
            ReadAheadBytes = options.ReadAheadBytes,
            FrameObserver = options.FrameObserver,
        }, hasDealer));
    }
}

/// <summary>Emulated links: nothing arrives before its time, whatever the machine does. (Being late cannot be tested.)</summary>
[Collection(OverTcp.Name)]
public sealed class EmulationTests
{
    private const ushort Operation = 2;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frame_arrives_no_earlier_than_one_delay_and_rounds_add_up(bool tcp)
    {
        TimeSpan delay = TimeSpan.FromMilliseconds(5);
        await using TestNetwork network = Create(tcp, new NetworkConditions { OneWayDelay = delay });
        ChannelSet[] sets = await network.OpenAsync();
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 4; i++)
        {
            int from = i % 2, to = 1 - from;
            sets[from][to].Send(sets[from][to].Rent(8), Operation);
            (await sets[to][from].ReceiveAsync(Operation, 8)).Dispose();
        }

        Assert.True(watch.Elapsed >= 4 * delay, $"four dependent frames took {watch.Elapsed}");
        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_carries_no_more_than_its_bandwidth(bool tcp)
    {
        // 50 frames of 1000 bytes at 8 Mbit/s: 50 ms, headers aside, and the other direction is not slowed down.
        await using TestNetwork network = Create(tcp, new NetworkConditions { BitsPerSecond = 8_000_000 });
        ChannelSet[] sets = await network.OpenAsync();
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 50; i++)
        {
            sets[0][1].Send(sets[0][1].Rent(1000), Operation);
        }

        for (int i = 0; i < 50; i++)
        {
            (await sets[1][0].ReceiveAsync(Operation, 1000)).Dispose();
            Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(i + 1), $"frame {i} came after {watch.Elapsed}");
        }

        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Sessions_share_a_link()
    {
        await using TestNetwork network = Create(tcp: false, new NetworkConditions { BitsPerSecond = 8_000_000 });
        ChannelSet[] first = await network.OpenAsync(), second = await network.OpenAsync();
        Stopwatch watch = Stopwatch.StartNew();
        first[0][1].Send(first[0][1].Rent(20_000), Operation);
        second[0][1].Send(second[0][1].Rent(20_000), Operation);
        (await second[1][0].ReceiveAsync(Operation, 20_000)).Dispose();
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(40), $"the second session's frame came after {watch.Elapsed}");
    }

    [Fact]
    public async Task Frames_of_a_disposed_network_are_put_away()
    {
        InMemoryNetwork network = new(2, new TransportOptions { Conditions = new NetworkConditions { OneWayDelay = TimeSpan.FromSeconds(30) } });
        SessionId id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Party(0).OpenSessionAsync(id), network.Party(1).OpenSessionAsync(id));
        sets[0][1].Send(sets[0][1].Rent(8), Operation);
        Assert.Equal(1, network.OutstandingFrames);
        await network.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
    }

    private static TestNetwork Create(bool tcp, NetworkConditions conditions)
    {
        TransportOptions options = new() { Conditions = conditions };
        return tcp ? new TcpTestNetwork(2, options) : new MemoryTestNetwork(2, options);
    }
}
