using System.Collections.Concurrent;

namespace SecureTransformer.Transport;

/// <summary>A client on a TCP network.</summary>
internal sealed class TcpClientEndpoint : IClientEndpoint
{
    private readonly NetworkDescription _description;
    private readonly PartyIdentity _identity;
    private readonly TransportOptions _options;
    private readonly TcpConnector _connector;
    private readonly NetworkEmulator? _emulator;
    private readonly FramePool _pool = new();
    private readonly ConcurrentDictionary<TcpChannel, byte> _channels = new();
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    internal TcpClientEndpoint(NetworkDescription description, PartyIdentity identity, TransportOptions options)
    {
        _description = description;
        _identity = identity;
        _options = options;
        _connector = new TcpConnector(description, identity, options);
        _emulator = options.Conditions is null ? null : new NetworkEmulator(options.Conditions);
    }

    public int PartyCount => _description.Parties.Count;

    public async Task<ClientChannels> ConnectAsync(SessionId sessionId, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        TrafficMeter meter = new();
        string name = $"client {_identity.Fingerprint[..8]}";
        IReadOnlyList<TcpChannel> channels = await TcpLinks.OpenAllAsync(
            _description.Parties.Select(p => p.Id).ToArray(),
            async (party, timeout) =>
            {
                TlsConnection connection = await _connector.ConnectAsync(party, sessionId, PeerRole.Client, -1, timeout, cancellationToken).ConfigureAwait(false);
                LinkInfo info = new(sessionId, name, $"party {party}", _description.Parties[party].Address);
                return TcpLinks.Start(connection, info, meter, _pool, _options, _emulator, _channels);
            },
            "the client could not connect to all parties",
            _options,
            _stopping.Token,
            cancellationToken).ConfigureAwait(false);
        return new ClientChannels(sessionId, meter, channels);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await TcpLinks.EndAllAsync(_channels, _options).ConfigureAwait(false);
        _emulator?.Dispose();
    }
}
