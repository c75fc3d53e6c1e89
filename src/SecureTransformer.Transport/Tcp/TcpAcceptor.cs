using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace SecureTransformer.Transport;

/// <summary>
/// The listening end of a handshake. Newcomers are served side by side, so many at once and for so long, see
/// <see cref="PendingHandshakes"/>; whatever one of them does ends with that one.
/// </summary>
internal sealed class TcpAcceptor : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    // The first bytes of TLS follow a connection at once.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(3);

    private readonly NetworkDescription _description;
    private readonly int _partyId;
    private readonly PartyIdentity _identity;
    private readonly TransportOptions _options;
    private readonly Rendezvous _rendezvous;
    private readonly Func<TlsConnection, SessionId, CancellationToken, Task<string?>> _acceptClient;
    private readonly HashSet<string> _clients;
    private readonly Dictionary<string, int> _parties;
    private readonly byte[] _digest;
    private readonly PartyAddresses _partyAddresses;
    private readonly PendingHandshakes _pending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Socket _listener;
    private Task _accepting = Task.CompletedTask;

    internal TcpAcceptor(
        NetworkDescription description, int partyId, PartyIdentity identity, TransportOptions options, Rendezvous rendezvous,
        Func<TlsConnection, SessionId, CancellationToken, Task<string?>> acceptClient)
    {
        _description = description;
        _partyId = partyId;
        _identity = identity;
        _options = options;
        _rendezvous = rendezvous;
        _acceptClient = acceptClient;
        _clients = [.. description.Clients, .. description.Owners ?? []];
        _parties = description.Parties.Where(p => p.Id < partyId).ToDictionary(p => p.Fingerprint, p => p.Id);
        _digest = description.PartiesDigest();
        _partyAddresses = new PartyAddresses(description.Parties.Where(p => p.Id < partyId), options.TimeProvider);
        int partyHosts = description.Parties.Where(p => p.Id < partyId).Select(p => p.Host).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        _pending = new PendingHandshakes(options.MaxPendingHandshakes, partyHosts, options.TimeProvider);
        _listener = Listen(description, partyId, options);
    }

    internal void Start()
    {
        TransportLog.Listening(_options.Logger, PlaceNames.Capital(_description.NameOf(_partyId)), _listener.LocalEndPoint!.ToString()!);
        _partyAddresses.Resolve(_stopping.Token);
        _accepting = Task.Run(AcceptAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    private static Socket Listen(NetworkDescription description, int place, TransportOptions options)
    {
        NetworkParty party = description.Place(place);
        IPAddress address = options.ListenAddress
            ?? (IPAddress.TryParse(party.Host, out IPAddress? literal) && IPAddress.IsLoopback(literal) ? literal
                : party.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
                : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(address, party.Port));
            socket.Listen(128);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"{PlaceNames.Capital(description.NameOf(place))} cannot listen on {new IPEndPoint(address, party.Port)}: {e.Message}", e);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                IPAddress address = PartyAddresses.Plain((socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
                PendingHandshakes.Newcomer? newcomer = _pending.Admit(socket, address, _partyAddresses.Contains(address, _stopping.Token));
                if (newcomer is null)
                {
                    TransportLog.TurnedAway(_options.Logger, address.ToString(), "too many handshakes at once");
                    socket.Dispose();
                    continue;
                }

                _ = Task.Run(() => ServeAsync(newcomer));
            }
            catch (Exception e)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                // Out of descriptors, or a newcomer that left while it was accepted.
                TransportLog.AcceptFailed(_options.Logger, e.Message);
                await Task.Delay(PauseAfterFailure, _options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(PendingHandshakes.Newcomer newcomer)
    {
        Socket socket = newcomer.Socket;
        string address = "unknown address";
        TlsConnection? connection = null;
        string? trouble;
        try
        {
            address = socket.RemoteEndPoint?.ToString() ?? address;
            TlsConnection.Configure(socket);
            using CancellationTokenSource timer = new(_options.HandshakeTimeout, _options.TimeProvider);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stopping.Token);
            string shown = string.Empty;
            try
            {
                await HearAsync(newcomer, either.Token).ConfigureAwait(false);
                connection = await TlsConnection.AuthenticateAsync(
                    socket, asServer: true, _identity, Accepts, fingerprint => shown = fingerprint, either.Token).ConfigureAwait(false);
                newcomer.Authenticated();
                trouble = await GreetAsync(newcomer, connection, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                trouble = "it did not finish its handshake in time";
            }
            catch (AuthenticationException e)
            {
                trouble = shown.Length > 0 && !Accepts(shown) ? $"its key {shown} is not listed" : $"TLS failed: {e.Message}";
            }
        }
        catch (Exception e)
        {
            // Nobody awaits this task: whatever a newcomer causes ends with it, and is logged.
            trouble = $"it {(e is ProtocolException ? e.Message : $"closed the connection during the handshake: {e.Message}")}";
        }
        finally
        {
            _pending.Leave(newcomer);
        }

        if (trouble is not null)
        {
            TransportLog.TurnedAway(_options.Logger, address, trouble);
            connection?.Dispose();
            socket.Dispose();
        }
    }

    /// <summary>Waits for the first bytes, and leaves them where they are.</summary>
    private async Task HearAsync(PendingHandshakes.Newcomer newcomer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(LongestSilence, _options.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        await newcomer.Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, either.Token).ConfigureAwait(false);
        newcomer.Heard();
    }

    private bool Accepts(string fingerprint) => _parties.ContainsKey(fingerprint) || _clients.Contains(fingerprint);

    /// <summary>Reads the greeting and hands the connection on; or refuses, and returns why.</summary>
    private async Task<string?> GreetAsync(PendingHandshakes.Newcomer newcomer, TlsConnection connection, CancellationToken cancellationToken)
    {
        (FrameHeader header, byte[] payload) = await HandshakeFrames.ReadAsync(connection.Stream, cancellationToken).ConfigureAwait(false);
        Hello? hello = header.Operation == Hello.Operation ? Hello.Decode(payload) : null;
        if (hello is null)
        {
            return $"sent operation {header.Operation} ({header.Length} bytes) where a greeting was expected";
        }

        // From here on the connection belongs to whom it is handed to, and is no longer closed for another newcomer.
        if (!_pending.Leave(newcomer))
        {
            return "its place was needed for another";
        }

        bool isParty = _parties.TryGetValue(connection.PeerFingerprint, out int peer);
        string? refusal = Check(hello, isParty ? peer : -1);
        if (refusal is not null && isParty)
        {
            _rendezvous.Fail(hello.Session, peer, refusal);
        }

        refusal ??= isParty
            ? _rendezvous.Arrive(hello.Session, peer, connection)
            : await _acceptClient(connection, hello.Session, cancellationToken).ConfigureAwait(false);
        if (refusal is not null)
        {
            await HandshakeFrames.RefuseAsync(connection.Stream, hello.Session.Tag, refusal, cancellationToken).ConfigureAwait(false);
            await connection.Stream.ShutdownAsync().ConfigureAwait(false);
        }

        return refusal;
    }

    private string? Check(Hello hello, int peer) =>
        hello.Version != Hello.CurrentVersion ? $"version {hello.Version} of the transport is not spoken here, version {Hello.CurrentVersion} is"
        : hello.Receiver != _partyId ? $"this is {_description.NameOf(_partyId)}, not {_description.NameOf(hello.Receiver)}"
        : hello.PartyCount != _description.PlaceCount ? $"there are {_description.Census} here, {_description.PlaceCount} in all, not {hello.PartyCount}"
        : !hello.Digest.Span.SequenceEqual(_digest) ? "the parties' keys, or the threshold, differ between the two network files"
        : (hello.Role == PeerRole.Party) != (peer >= 0) || (peer >= 0 && hello.Sender != peer) ? "the key is not that of the party or client it is said to be"
        : hello.Role == PeerRole.Client && _partyId == _description.DealerPlace ? "this is the dealer, which takes no clients"
        : null;
}
