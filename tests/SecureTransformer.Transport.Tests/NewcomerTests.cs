using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SecureTransformer.Transport.Tests;

/// <summary>
/// Strangers without a key who take up places of the handshake, and honest ones who come after them. All of 127.0.0.0/8 is
/// this machine, so that one machine has many addresses. Where the party's clock stands still, no handshake ever times out.
/// </summary>
[Collection(OverTcp.Name)]
public sealed class NewcomerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TransportOptions InEarnest = new() { ConnectTimeout = TimeSpan.FromSeconds(10) };

    [Fact]
    public async Task Silent_strangers_make_way_the_oldest_first()
    {
        await using TcpTestNetwork network = new(1, StandingStill(8, out _));
        await using Strangers strangers = new(network, 0);
        for (int i = 0; i < 6; i++)
        {
            await strangers.ConnectAsync(IPAddress.Loopback, says: []);
        }

        await strangers.ClosedAsync(0, 1, 2, 3);
        await ServesAsync(network);
        await strangers.ClosedAsync(4);
        Assert.False(strangers.IsClosed(5));
    }

    [Fact]
    public async Task Loops_of_silent_strangers_lock_nobody_out()
    {
        await using TcpTestNetwork network = new(1, StandingStill(64, out _));
        using CancellationTokenSource enough = new();
        Task[] loops = [.. Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    using TcpClient stranger = new();
                    await stranger.ConnectAsync(IPAddress.Loopback, network.Description.Parties[0].Port, enough.Token);
                    await stranger.GetStream().ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, enough.Token);
                }
                catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
                {
                }
            }
        }))];
        await ServesAsync(network);
        await ServesAsync(network);
        await enough.CancelAsync();
        await Task.WhenAll(loops).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_handshake_under_way_is_left_alone_for_a_second_and_then_makes_way()
    {
        await using TcpTestNetwork network = new(1, StandingStill(4, out ManualTime time));
        await using Strangers strangers = new(network, 0);
        await strangers.ConnectAsync(IPAddress.Loopback, says: [0x16]);
        await strangers.ConnectAsync(IPAddress.Loopback, says: [0x16]);
        await strangers.ClosedAsync(1);
        Assert.False(strangers.IsClosed(0));
        time.Advance(TimeSpan.FromSeconds(1));
        await ServesAsync(network);
        await strangers.ClosedAsync(0);
    }

    [Fact]
    public async Task Strangers_at_one_address_leave_places_for_others()
    {
        await using TcpTestNetwork network = new(1, StandingStill(8, out _));
        await using Strangers strangers = new(network, 0);
        for (int i = 0; i < 10; i++)
        {
            await strangers.ConnectAsync(IPAddress.Parse("127.0.0.2"), says: [0x16]);
        }

        await strangers.ClosedAsync(2, 3, 4, 5, 6, 7, 8, 9);
        await ServesAsync(network);
        Assert.False(strangers.IsClosed(0) || strangers.IsClosed(1));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Strangers_at_many_addresses_leave_places_for_parties(string host)
    {
        await using TcpTestNetwork network = new(2, InEarnest, started: 1, host);
        network.Start(1, options: StandingStill(8, out _));
        await using Strangers strangers = new(network, 1);
        for (int i = 0; i < 10; i++)
        {
            await strangers.ConnectAsync(IPAddress.Parse($"127.0.0.{2 + (i / 2)}"), says: [0x16]);
        }

        await strangers.ClosedAsync(8, 9);
        SessionId session = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Parties.Select(p => p.OpenSessionAsync(session))).WaitAsync(Patience);
        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
        Assert.False(strangers.IsClosed(0));
    }

    [Fact]
    public async Task Silence_ends_sooner_than_a_handshake()
    {
        await using TcpTestNetwork network = new(1, StandingStill(64, out ManualTime time));
        await using Strangers strangers = new(network, 0);
        await strangers.ConnectAsync(IPAddress.Loopback, says: []);
        await strangers.ConnectAsync(IPAddress.Loopback, says: [0x16]);
        Stopwatch watch = Stopwatch.StartNew();
        while (time.ArmedTimers != 3 && watch.Elapsed < Patience)
        {
            // One timer a handshake, and one for the silence of the silent.
            await Task.Delay(5);
        }

        time.Advance(TimeSpan.FromSeconds(3));
        await strangers.ClosedAsync(0);
        Assert.False(strangers.IsClosed(1));
        time.Advance(TimeSpan.FromSeconds(7));
        await strangers.ClosedAsync(1);
    }

    private static TransportOptions StandingStill(int places, out ManualTime time)
    {
        time = new ManualTime();
        return new TransportOptions { MaxPendingHandshakes = places, TimeProvider = time };
    }

    private static async Task ServesAsync(TcpTestNetwork network)
    {
        await using IClientEndpoint client = network.Client(InEarnest);
        await using ClientChannels channels = await client.ConnectAsync(SessionId.New()).WaitAsync(Patience);
        await using ClientConnection connection = await network.Parties[0].AcceptClientAsync().WaitAsync(Patience);
        Assert.Equal(network.ClientIdentity.Fingerprint, connection.ClientIdentity);

        // The party's clock stands still: it would wait for the client's farewell without end.
        await channels.DisposeAsync();
    }

    /// <summary>Connections without a key to one party, by the order in which it accepted them.</summary>
    private sealed class Strangers(TcpTestNetwork network, int party) : IAsyncDisposable
    {
        private readonly List<(TcpClient Client, Task Closed)> _connections = [];

        public async Task ConnectAsync(IPAddress from, byte[] says)
        {
            TcpClient client = new(new IPEndPoint(from, 0));
            await client.ConnectAsync(IPAddress.Loopback, network.Description.Parties[party].Port);
            if (says.Length > 0)
            {
                await client.GetStream().WriteAsync(says);
            }

            _connections.Add((client, WaitUntilClosedAsync(client)));
        }

        public bool IsClosed(int connection) => _connections[connection].Closed.IsCompleted;

        public Task ClosedAsync(params int[] connections) => Task.WhenAll(connections.Select(c => _connections[c].Closed)).WaitAsync(Patience);

        public async ValueTask DisposeAsync()
        {
            _connections.ForEach(c => c.Client.Dispose());
            await Task.WhenAll(_connections.Select(c => c.Closed)).WaitAsync(Patience);
        }

        private static async Task WaitUntilClosedAsync(TcpClient client)
        {
            try
            {
                while (await client.GetStream().ReadAsync(new byte[64]) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
            }
        }
    }
}
