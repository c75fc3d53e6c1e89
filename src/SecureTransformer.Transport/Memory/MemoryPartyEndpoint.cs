using System.Threading.Channels;

namespace SecureTransformer.Transport;

/// <summary>A party of an <see cref="InMemoryNetwork"/>.</summary>
internal sealed class MemoryPartyEndpoint : IPartyEndpoint
{
    private readonly InMemoryNetwork _network;
    private readonly SessionRegistry _registry;
    private readonly Channel<ClientConnection> _clients = Channel.CreateUnbounded<ClientConnection>();
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    internal MemoryPartyEndpoint(InMemoryNetwork network, int partyId)
    {
        _network = network;
        PartyId = partyId;
        Name = network.NameOf(partyId);
        Sessions = new AnnouncedSessions(Name);
        _registry = new SessionRegistry(Name, network.Options.MaxSessions, network.Options.MaxClients);
    }

    public int PartyId { get; }

    public int PartyCount => _network.PlaceCount;

    public bool HasDealer => _network.HasDealer;

    internal string Name { get; }

    /// <summary>The sessions that others have opened.</summary>
    internal AnnouncedSessions Sessions { get; }

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public async Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        int places = withDealer ? PartyCount : _network.PartyCount;
        if (PartyId >= places)
        {
            throw new InvalidOperationException("The dealer opens no session without the dealer.");
        }

        TrafficMeter meter = _registry.OpenSession(sessionId);
        Sessions.Take(sessionId);
        MemorySession session = _network.Join(sessionId, places, PartyId, meter);
        try
        {
            await WaitUntilOpenAsync(sessionId, session, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _registry.CloseSession(sessionId);
            throw;
        }

        return new ChannelSet(sessionId, PartyId, meter, session.Channels(PartyId), () => _registry.CloseSession(sessionId));
    }

    public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => Sessions.NextAsync(cancellationToken);

    public async Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (HasDealer && PartyId == _network.PartyCount)
        {
            throw new InvalidOperationException("The dealer takes no clients.");
        }

        try
        {
            return await _clients.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(IPartyEndpoint), $"The endpoint of {Name} was disposed.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        Sessions.Dispose();
        _clients.Writer.TryComplete();
        while (_clients.Reader.TryRead(out ClientConnection? client))
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A client's end of a new link; the other end waits to be accepted.</summary>
    internal MemoryChannel Connect(SessionId sessionId, string clientName, TrafficMeter clientMeter)
    {
        if (IsDisposed)
        {
            throw new IOException($"{Name} is not listening.");
        }

        TrafficMeter meter = _registry.OpenClient(sessionId, out string refusal)
            ?? throw new ProtocolException($"{Name} refused the connection: {refusal}");
        (MemoryChannel client, MemoryChannel party) = MemoryChannel.CreatePair(
            sessionId, clientName, clientMeter, Name, meter, _network.Pool, _network.Options, _network.Emulator, isFirstClient: true);
        party.OnDisposed(() => _registry.CloseClient(sessionId));
        if (!_clients.Writer.TryWrite(new ClientConnection(sessionId, clientName, party)))
        {
            _registry.CloseClient(sessionId);
            throw new IOException($"{Name} is not listening.");
        }

        return client;
    }

    private async Task WaitUntilOpenAsync(SessionId id, MemorySession session, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        TransportOptions options = _network.Options;
        try
        {
            await session.Opened.WaitAsync(options.ConnectTimeout, options.TimeProvider, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            IReadOnlyList<int> missing = _network.Leave(id, PartyId, session);
            if (missing.Count == 0 && e is TimeoutException)
            {
                return;
            }

            if (missing.Count == 0)
            {
                foreach (MemoryChannel channel in session.Channels(PartyId).OfType<MemoryChannel>())
                {
                    await channel.DisposeAsync().ConfigureAwait(false);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            throw new PeerTimeoutException(
                $"{string.Join(" and ", missing.Select(_network.NameOf))} did not open session {id} within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
    }
}
