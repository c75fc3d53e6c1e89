using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace SecureTransformer.Transport.Tests;

/// <summary>Hostile and unlucky peers: each ends with an error that names it, and the party goes on serving.</summary>
[Collection(OverTcp.Name)]
public sealed class TcpNetworkTests
{
    private const ushort Operation = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_with_a_foreign_key_is_told_that_it_may_not_be_listed()
    {
        await using TcpTestNetwork network = new(2);
        using PartyIdentity foreign = PartyIdentity.Create("foreign");
        await using IClientEndpoint client = TcpNetwork.CreateClient(network.Description, foreign);
        IOException error = await Assert.ThrowsAsync<IOException>(() => client.ConnectAsync(SessionId.New()).WaitAsync(Patience));
        Assert.Contains($"({Address(network, 0)}", error.Message.Replace("party 1", "party 0", StringComparison.Ordinal).Replace(Address(network, 1), Address(network, 0), StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains($"may not list our key {foreign.Fingerprint}", error.Message, StringComparison.Ordinal);
        await StillServesAsync(network);
    }

    [Fact]
    public async Task A_party_with_another_key_than_listed_is_named_with_both_keys()
    {
        await using TcpTestNetwork network = new(2, started: 1);
        using PartyIdentity impostor = PartyIdentity.Create("impostor");
        NetworkDescription theirs = WithFingerprint(network.Description, 1, impostor.Fingerprint);
        network.Start(1, theirs, impostor);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(
            () => network.Parties[0].OpenSessionAsync(SessionId.New()).WaitAsync(Patience));
        Assert.Contains($"party 1 ({Address(network, 1)}) showed the key {impostor.Fingerprint}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"says {network.Identity(1).Fingerprint}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lower_party_with_a_foreign_key_does_not_get_in()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        using PartyIdentity foreign = PartyIdentity.Create("foreign");
        SessionId session = SessionId.New();
        Task<ChannelSet> opening = network.Parties[1].OpenSessionAsync(session);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using RawPeer peer = await RawPeer.GreetAsync(network.Description, 1, foreign, session, sender: 0);
            await peer.ReadAsync().WaitAsync(Patience);
        });
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => opening.WaitAsync(Patience));
        Assert.Contains($"party 0 ({Address(network, 0)}) did not connect", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listed_client_cannot_pose_as_a_party()
    {
        await using TcpTestNetwork network = new(2);
        using RawPeer peer = await RawPeer.GreetAsync(network.Description, 1, network.ClientIdentity, SessionId.New(), sender: 0);
        (ushort operation, string text) = await peer.ReadAsync().WaitAsync(Patience);
        Assert.Equal(0xFF03, operation);
        Assert.Equal("the key is not that of the party or client it is said to be", text);
        await StillServesAsync(network);
    }

    [Fact]
    public async Task A_client_that_calls_the_dealer_is_told_that_it_takes_none()
    {
        await using TcpTestNetwork network = new(2, hasDealer: true);
        using RawPeer peer = await RawPeer.GreetAsync(network.Description, 2, network.ClientIdentity, SessionId.New(), sender: -1);
        Assert.Equal((0xFF03, "this is the dealer, which takes no clients"), await peer.ReadAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task Parties_that_know_another_dealer_or_none_are_told()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, started: 1, hasDealer: true);
        network.Start(1, new NetworkDescription { Parties = network.Description.Parties, Clients = network.Description.Clients });
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => network.Parties[0].OpenSessionAsync(SessionId.New()).WaitAsync(Patience));
        Assert.Contains($"party 1 ({Address(network, 1)}) refused the connection: there are 2 parties here, 2 in all, not 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_dealers_key_starts_the_dealer()
    {
        await using TcpTestNetwork network = new(2, started: 0, hasDealer: true);
        ArgumentException error = Assert.Throws<ArgumentException>(() => network.Start(2, identity: network.Identity(0)));
        Assert.Contains("is not that of the dealer", error.Message, StringComparison.Ordinal);
        Assert.Contains("2 parties and a dealer", Assert.Throws<ArgumentOutOfRangeException>(() => network.Start(3, identity: network.Identity(0))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version", "version 2 of the transport is not spoken here, version 1 is")]
    [InlineData("receiver", "this is party 1, not party 0")]
    [InlineData("digest", "the parties' keys, or the threshold, differ between the two network files")]
    public async Task A_mismatch_in_the_greeting_is_an_error_at_both_ends(string what, string expected)
    {
        await using TcpTestNetwork network = new(2);
        SessionId session = SessionId.New();
        Task<ChannelSet> opening = network.Parties[1].OpenSessionAsync(session);
        using RawPeer peer = await RawPeer.GreetAsync(
            network.Description, 1, network.Identity(0), session, sender: 0,
            version: (ushort)(what == "version" ? 2 : 1), receiver: what == "receiver" ? 0 : null, digest: what == "digest" ? new byte[32] : null);
        (ushort operation, string text) = await peer.ReadAsync().WaitAsync(Patience);
        Assert.Equal((0xFF03, expected), (operation, text));
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => opening.WaitAsync(Patience));
        Assert.Contains($"party 0 ({Address(network, 0)}) was refused: {expected}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plaintext_garbage_silence_and_old_TLS_leave_the_party_serving()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(300) });
        using TcpClient silent = new(), plain = new(), scanner = new();
        NetworkParty target = network.Description.Parties[0];
        await silent.ConnectAsync(target.Host, target.Port);
        await plain.ConnectAsync(target.Host, target.Port);
        await plain.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await scanner.ConnectAsync(target.Host, target.Port);
        scanner.Close();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            // The point of this test is that the party refuses it.
#pragma warning disable CA5398, SYSLIB0039
            using RawPeer old = await RawPeer.ConnectAsync(network.Description, 0, network.ClientIdentity, SslProtocols.Tls12);
#pragma warning restore CA5398, SYSLIB0039
        });
        Assert.Equal(0, await ReadToEndAsync(silent).WaitAsync(Patience));
        await ReadToEndAsync(plain).WaitAsync(Patience);
        await StillServesAsync(network);
    }

    [Fact]
    public async Task A_plaintext_server_in_a_partys_place_is_named()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { ConnectTimeout = TimeSpan.FromSeconds(2) }, started: 1);
        using TcpListener server = new(System.Net.IPAddress.Loopback, network.Description.Parties[1].Port);
        server.Start();
        Task serving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using TcpClient accepted = await server.AcceptTcpClientAsync();
                    await accepted.GetStream().WriteAsync("SSH-2.0-something\r\n"u8.ToArray());
                    await ReadToEndAsync(accepted);
                }
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException or IOException)
            {
            }
        });
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => network.Parties[0].OpenSessionAsync(SessionId.New()).WaitAsync(Patience));
        Assert.True(error is ProtocolException or IOException, error.ToString());
        Assert.Contains($"party 1 ({Address(network, 1)})", error.Message, StringComparison.Ordinal);
        server.Stop();
        await serving.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_frame_longer_than_allowed_is_refused_before_its_payload()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync(RawPeer.Header(joined.Session, 0, Operation, IChannel.MaxFrameLength + 1));
        await joined.FailsAsync<ProtocolException>($"sent a frame of {IChannel.MaxFrameLength + 1} bytes, more than the {IChannel.MaxFrameLength} allowed");
        (ushort operation, string text) = await joined.Raw.ReadAsync().WaitAsync(Patience);
        Assert.Equal((0xFFFF, "received a frame that does not fit the protocol"), (operation, text));
    }

    [Fact]
    public async Task A_negative_length_is_refused()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync(RawPeer.Header(joined.Session, 0, Operation, -1));
        await joined.FailsAsync<ProtocolException>("sent a frame of 4294967295 bytes");
    }

    [Fact]
    public async Task A_truncated_frame_is_an_error_that_says_so()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync((byte[])[.. RawPeer.Header(joined.Session, 0, Operation, 8), 1, 2, 3]);
        await joined.Raw.Stream.ShutdownAsync();
        joined.Raw.Dispose();
        await joined.FailsAsync<PeerLostException>("closed the connection in the middle of a frame");
    }

    [Fact]
    public async Task A_truncated_header_is_an_error_that_says_so()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync(RawPeer.Header(joined.Session, 0, Operation, 8).AsMemory(0, 20));
        await joined.Raw.Stream.ShutdownAsync();
        joined.Raw.Dispose();
        await joined.FailsAsync<PeerLostException>("closed the connection in the middle of a frame");
    }

    [Fact]
    public async Task A_frame_longer_than_announced_shows_at_the_next_header()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync((byte[])[.. RawPeer.Header(joined.Session, 0, Operation, 8), .. new byte[8 + 40]]);
        (await joined.Channel.ReceiveAsync(Operation, 8)).Dispose();
        await joined.FailsAsync<ProtocolException>("sent bytes that are not a frame header (wrong magic)");
    }

    [Theory]
    [InlineData(1ul, Operation, "sent frame 1 where frame 0 was expected")]
    [InlineData(0ul, (ushort)0xFF01, "sent operation 65281, which is reserved")]
    public async Task A_wrong_sequence_number_or_operation_is_refused(ulong sequence, ushort operation, string expected)
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.SendAsync(joined.Session, sequence, operation, new byte[8]);
        await joined.FailsAsync<ProtocolException>(expected);
    }

    [Fact]
    public async Task Reading_ahead_stops_at_its_budget_and_goes_on_as_frames_are_consumed()
    {
        const int frames = 48, length = 1 << 20;
        await using Joined joined = await Joined.CreateAsync(readAheadBytes: 2 << 20);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < frames; i++)
            {
                await joined.Raw.SendAsync(joined.Session, (ulong)i, Operation, new byte[length]);
            }
        });
        await Task.WhenAny(writing, Task.Delay(700));
        Assert.False(writing.IsCompleted, "the peer could send 48 MB against a budget of 2 MB");
        for (int i = 0; i < frames; i++)
        {
            (await joined.Channel.ReceiveAsync(Operation, length)).Dispose();
        }

        await writing.WaitAsync(Patience);
    }

    [Fact]
    public async Task Reading_ahead_of_empty_frames_stops_too()
    {
        const int batches = 800, frames = 1000;
        await using Joined joined = await Joined.CreateAsync();
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            for (int batch = 0; batch < batches; batch++)
            {
                byte[][] headers = [.. Enumerable.Range(batch * frames, frames).Select(i => RawPeer.Header(joined.Session, (ulong)i, Operation, 0))];
                await joined.Raw.Stream.WriteAsync(headers.SelectMany(h => h).ToArray());
                Interlocked.Increment(ref written);
            }
        });

        // Some megabytes of headers fit into the buffers of the system, and no more come until frames are consumed.
        int before = -1;
        while (before != Volatile.Read(ref written))
        {
            before = Volatile.Read(ref written);
            await Task.WhenAny(writing, Task.Delay(500));
        }

        Assert.False(writing.IsCompleted, "the peer could send 800,000 empty frames, 250 MB of memory, against a budget of 1 MB");
        for (int i = 0; i < batches * frames; i++)
        {
            (await joined.Channel.ReceiveAsync(Operation, 0)).Dispose();
        }

        await writing.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_impossible_clock_is_refused()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.Stream.WriteAsync(RawPeer.Header(joined.Session, 0, Operation, 8, clock: int.MaxValue));
        await joined.FailsAsync<ProtocolException>("sent a frame with an impossible clock");
    }

    [Fact]
    public async Task A_frame_of_another_session_is_refused()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.SendAsync(SessionId.New(), 0, Operation, new byte[8]);
        await joined.FailsAsync<ProtocolException>("sent a frame of another session");
    }

    [Fact]
    public async Task A_reason_from_the_network_is_cleaned()
    {
        await using Joined joined = await Joined.CreateAsync();
        await joined.Raw.SendAsync(joined.Session, ulong.MaxValue, 0xFFFF, Encoding.Latin1.GetBytes("bad\r\n\u001b[2J\u00e9"));
        await joined.FailsAsync<ProtocolException>("ended the session: bad???[2J?");
    }

    [Fact]
    public async Task A_killed_peer_is_named_at_once()
    {
        await using Joined joined = await Joined.CreateAsync();
        Task<FrameBuffer> waiting = joined.Channel.ReceiveAsync(Operation, 8).AsTask();
        joined.Raw.Kill();
        PeerLostException error = await Assert.ThrowsAsync<PeerLostException>(() => waiting.WaitAsync(Patience));
        Assert.Contains($"party 0 ({Address(joined.Network, 0)}) closed the connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_connection_for_a_session_is_refused_and_the_first_lives()
    {
        await using Joined joined = await Joined.CreateAsync();
        using RawPeer second = await RawPeer.GreetAsync(joined.Network.Description, 1, joined.Network.Identity(0), joined.Session, sender: 0);
        Assert.Equal((0xFF03, "duplicate session"), await second.ReadAsync().WaitAsync(Patience));
        await joined.Raw.SendAsync(joined.Session, 0, Operation, new byte[8]);
        (await joined.Channel.ReceiveAsync(Operation, 8)).Dispose();
    }

    [Fact]
    public async Task Early_arrivals_beyond_the_bound_are_refused()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { MaxSessions = 1 });
        List<RawPeer> early = [];
        for (int i = 0; i < 2; i++)
        {
            early.Add(await RawPeer.GreetAsync(network.Description, 1, network.Identity(0), SessionId.New(), sender: 0));
        }

        using RawPeer late = await RawPeer.GreetAsync(network.Description, 1, network.Identity(0), SessionId.New(), sender: 0);
        Task<(ushort, string)>[] answers = [.. early.Append(late).Select(p => p.ReadAsync())];
        Assert.Equal((0xFF03, "too many sessions"), await await Task.WhenAny(answers).WaitAsync(Patience));
        early.ForEach(p => p.Dispose());
    }

    [Fact]
    public async Task No_one_listening_is_named_with_its_address_within_the_time_out()
    {
        await using TcpTestNetwork network = new(2, new TransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, started: 1);
        PeerTimeoutException party = await Assert.ThrowsAsync<PeerTimeoutException>(
            () => network.Parties[0].OpenSessionAsync(SessionId.New()).WaitAsync(Patience));
        Assert.Contains($"party 1 ({Address(network, 1)}) could not be reached within 0.3 s", party.Message, StringComparison.Ordinal);
        await using IClientEndpoint client = network.Client();
        PeerTimeoutException unreachable = await Assert.ThrowsAsync<PeerTimeoutException>(() => client.ConnectAsync(SessionId.New()).WaitAsync(Patience));
        Assert.Contains($"party 1 ({Address(network, 1)}) could not be reached within 0.3 s", unreachable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parties_may_start_in_any_order()
    {
        await using TcpTestNetwork network = new(2, started: 1);
        SessionId session = SessionId.New();
        Task<ChannelSet> first = network.Parties[0].OpenSessionAsync(session);
        await Task.Delay(100);
        network.Start(1);
        await using ChannelSet second = await network.Parties[1].OpenSessionAsync(session).WaitAsync(Patience);
        await using ChannelSet opened = await first.WaitAsync(Patience);
        Assert.Equal("party 1", opened[1].PeerName);
    }

    [Fact]
    public void A_taken_port_is_named()
    {
        using TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        int port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        using PartyIdentity identity = PartyIdentity.Create("party");
        NetworkDescription description = new()
        {
            Parties = [new NetworkParty { Id = 0, Host = "127.0.0.1", Port = port, Fingerprint = identity.Fingerprint }],
        };
        IOException error = Assert.Throws<IOException>(() => TcpNetwork.StartParty(description, 0, identity));
        Assert.Contains($"Party 0 cannot listen on 127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_not_the_partys_is_refused_at_the_start()
    {
        using PartyIdentity identity = PartyIdentity.Create("party"), other = PartyIdentity.Create("other");
        NetworkDescription description = new()
        {
            Parties = [new NetworkParty { Id = 0, Host = "127.0.0.1", Port = 5000, Fingerprint = identity.Fingerprint }],
        };
        ArgumentException error = Assert.Throws<ArgumentException>(() => TcpNetwork.StartParty(description, 0, other));
        Assert.Contains(other.Fingerprint, error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TcpNetwork.StartParty(description, 1, identity));
    }

    private static string Address(TcpTestNetwork network, int party) => $"127.0.0.1:{network.Description.Parties[party].Port}";

    private static NetworkDescription WithFingerprint(NetworkDescription description, int party, string fingerprint) => new()
    {
        Parties =
        [
            .. description.Parties.Select(p => new NetworkParty
            {
                Id = p.Id,
                Host = p.Host,
                Port = p.Port,
                Fingerprint = p.Id == party ? fingerprint : p.Fingerprint,
            }),
        ],
        Clients = description.Clients,
    };

    private static async Task StillServesAsync(TcpTestNetwork network)
    {
        await using IClientEndpoint client = network.Client();
        await using ClientChannels channels = await client.ConnectAsync(SessionId.New()).WaitAsync(Patience);
        foreach (IPartyEndpoint party in network.Parties)
        {
            await using ClientConnection connection = await party.AcceptClientAsync().WaitAsync(Patience);
            Assert.Equal(network.ClientIdentity.Fingerprint, connection.ClientIdentity);
        }
    }

    private static async Task<int> ReadToEndAsync(TcpClient client)
    {
        byte[] buffer = new byte[1024];
        try
        {
            int total = 0, read;
            while ((read = await client.GetStream().ReadAsync(buffer)) > 0)
            {
                total += read;
            }

            return total;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Party 1 of two with an open session, whose party 0 is a <see cref="RawPeer"/>.</summary>
    private sealed class Joined(TcpTestNetwork network, SessionId session, ChannelSet set, RawPeer raw) : IAsyncDisposable
    {
        public TcpTestNetwork Network => network;

        public SessionId Session => session;

        public RawPeer Raw => raw;

        public IChannel Channel => set[0];

        public static async Task<Joined> CreateAsync(long readAheadBytes = 1 << 20)
        {
            TcpTestNetwork network = new(2, new TransportOptions { CloseTimeout = TimeSpan.FromMilliseconds(500), ReadAheadBytes = readAheadBytes });
            SessionId session = SessionId.New();
            Task<ChannelSet> opening = network.Parties[1].OpenSessionAsync(session);
            RawPeer raw = await RawPeer.GreetAsync(network.Description, 1, network.Identity(0), session, sender: 0);
            Assert.Equal((0xFF02, string.Empty), await raw.ReadAsync().WaitAsync(Patience));
            return new Joined(network, session, await opening.WaitAsync(Patience), raw);
        }

        public async Task FailsAsync<TException>(string expected)
            where TException : Exception
        {
            TException error = await Assert.ThrowsAsync<TException>(
                async () => (await Channel.ReceiveAsync(Operation, 8).AsTask().WaitAsync(Patience)).Dispose());
            Assert.Contains($"party 0 ({Address(network, 0)}) {expected}", error.Message, StringComparison.Ordinal);
        }

        public async ValueTask DisposeAsync()
        {
            raw.Dispose();
            await set.DisposeAsync();
            await network.DisposeAsync();
        }
    }
}
