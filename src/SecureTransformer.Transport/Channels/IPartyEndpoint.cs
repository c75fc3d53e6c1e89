namespace SecureTransformer.Transport;

/// <summary>One party's place on a network.</summary>
public interface IPartyEndpoint : IAsyncDisposable
{
    /// <summary>This party: 0 to <see cref="PartyCount"/> - 1.</summary>
    int PartyId { get; }

    /// <summary>The number of parties.</summary>
    int PartyCount { get; }

    /// <summary>Links this party to all others for one session. Completes when all parties have opened it.</summary>
    /// <param name="sessionId">The session; all parties open the same. It can be used once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="InvalidOperationException">The session was opened before, or too many are open.</exception>
    /// <exception cref="PeerTimeoutException">A party did not open it within the connect time-out.</exception>
    /// <exception cref="ProtocolException">A party refused.</exception>
    /// <exception cref="IOException">A party could not be reached.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<ChannelSet> OpenSessionAsync(SessionId sessionId, CancellationToken cancellationToken = default);

    /// <summary>The next client that connects. One wait at a time is enough; several are allowed.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default);
}
