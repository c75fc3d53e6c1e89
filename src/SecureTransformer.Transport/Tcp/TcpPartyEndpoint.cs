using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SecureTransformer.Transport;

/// <summary>A party or the dealer on a TCP network: connects to higher parties, is connected to by lower ones and by clients.</summary>
internal sealed class TcpPartyEndpoint : IPartyEndpoint
{
    private readonly NetworkDescription _description;
    private readonly TransportOptions _options;
    private readonly string _name;
    private readonly TcpConnector _connector;
    private readonly TcpAcceptor _acceptor;
    private readonly SessionRegistry _registry;
    private readonly AnnouncedSessions _announced;
    private readonly Rendezvous _rendezvous;
    private readonly NetworkEmulator? _emulator;
    private readonly FramePool _pool = new();
    private readonly ConcurrentDictionary<TcpChannel, byte> _channels = new();
    private readonly Channel<ClientConnection> _clients = Channel.CreateUnbounded<ClientConnection>();
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    internal TcpPartyEndpoint(NetworkDescription description, int partyId, PartyIdentity identity, TransportOptions options)
    {
        _description = description;
        _options = options;
        PartyId = partyId;
        _name = description.NameOf(partyId);
        _connector = new TcpConnector(description, identity, options);
        _registry = new SessionRegistry(_name, options.MaxSessions, options.MaxClients);
        _announced = new AnnouncedSessions(_name);
        _rendezvous = new Rendezvous(description, options, _announced);
        _acceptor = new TcpAcceptor(description, partyId, identity, options, _rendezvous, AcceptClientAsync);
        _emulator = options.Conditions is null ? null : new NetworkEmulator(options.Conditions);
        _acceptor.Start();
    }

    public int PartyId { get; }

    public int PartyCount => _description.PlaceCount;

    public bool HasDealer => _description.Dealer is not null;

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public async Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        int places = withDealer ? PartyCount : _description.Parties.Count;
        if (PartyId >= places)
        {
            throw new InvalidOperationException("The dealer opens no session without the dealer.");
        }

        TrafficMeter meter = _registry.OpenSession(sessionId);
        _announced.Take(sessionId);
        try
        {
            int[] peers = [.. Enumerable.Range(0, places).Where(i => i != PartyId)];
            IReadOnlyList<TcpChannel> links = await TcpLinks.OpenAllAsync(
                peers,
                async (peer, timeout) =>
                {
                    TlsConnection connection = peer > PartyId
                        ? await _connector.ConnectAsync(peer, sessionId, PeerRole.Party, PartyId, timeout, cancellationToken).ConfigureAwait(false)
                        : await _rendezvous.WaitAsync(sessionId, peer, timeout, cancellationToken).ConfigureAwait(false);
                    LinkInfo info = new(sessionId, _name, _description.NameOf(peer), _description.Place(peer).Address, IsPeerDealer: peer == _description.DealerPlace);
                    return TcpLinks.Start(connection, info, meter, _pool, _options, _emulator, _channels);
                },
                "the session could not be opened with all parties",
                _options,
                _stopping.Token,
                cancellationToken).ConfigureAwait(false);
            IChannel?[] channels = new IChannel?[places];
            for (int i = 0; i < peers.Length; i++)
            {
                channels[peers[i]] = links[i];
            }

            return new ChannelSet(sessionId, PartyId, meter, channels, () => _registry.CloseSession(sessionId));
        }
        catch
        {
            _registry.CloseSession(sessionId);
            throw;
        }
    }

    public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => _announced.NextAsync(cancellationToken);

    public async Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (PartyId == _description.DealerPlace)
        {
            throw new InvalidOperationException("The dealer takes no clients.");
        }

        try
        {
            return await _clients.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(IPartyEndpoint), $"The endpoint of {_name} was disposed.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _acceptor.DisposeAsync().ConfigureAwait(false);
        _rendezvous.Dispose();
        _announced.Dispose();
        _clients.Writer.TryComplete();
        while (_clients.Reader.TryRead(out ClientConnection? client))
        {
            client.Channel.Abort("the party is shutting down");
            await client.DisposeAsync().ConfigureAwait(false);
        }

        await TcpLinks.EndAllAsync(_channels, _options).ConfigureAwait(false);
        _emulator?.Dispose();
    }

    /// <summary>Takes a client whose key is listed; the text of the refusal, or null.</summary>
    private async Task<string?> AcceptClientAsync(TlsConnection connection, SessionId session, CancellationToken cancellationToken)
    {
        TrafficMeter? meter = _registry.OpenClient(session, out string refusal);
        if (meter is null)
        {
            return refusal;
        }

        string client = $"client {connection.PeerFingerprint[..8]}";
        try
        {
            await HandshakeFrames.WriteAsync(connection.Stream, session.Tag, Hello.WelcomeOperation, default, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _registry.CloseClient(session);
            throw;
        }

        TransportLog.Accepted(_options.Logger, client, connection.RemoteAddress, session);
        LinkInfo info = new(session, _name, client, connection.RemoteAddress, IsPeerClient: true);
        TcpChannel channel = TcpLinks.Start(connection, info, meter, _pool, _options, _emulator, _channels);
        channel.OnDisposed(() => _registry.CloseClient(session));
        ClientConnection accepted = new(session, connection.PeerFingerprint, channel);
        if (!_clients.Writer.TryWrite(accepted))
        {
            await accepted.DisposeAsync().ConfigureAwait(false);
        }

        return null;
    }
}
