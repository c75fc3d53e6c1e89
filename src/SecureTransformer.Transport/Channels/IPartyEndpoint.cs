namespace SecureTransformer.Transport;

/// <summary>One party's place on a network, or the dealer's, which is the last where there is one.</summary>
public interface IPartyEndpoint : IAsyncDisposable
{
    /// <summary>This party: 0 to <see cref="PartyCount"/> - 1.</summary>
    int PartyId { get; }

    /// <summary>The number of places: of parties, and one more where there is a dealer.</summary>
    int PartyCount { get; }

    /// <summary>Whether the last place is a dealer's, who deals and is no party.</summary>
    bool HasDealer { get; }

    /// <summary>Links this place to all others for one session, the dealer's too. Completes when all have opened it.</summary>
    /// <param name="sessionId">The session; all open the same. It can be used once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="InvalidOperationException">The session was opened before, or too many are open.</exception>
    /// <exception cref="PeerTimeoutException">A party did not open it within the connect time-out.</exception>
    /// <exception cref="ProtocolException">A party refused.</exception>
    /// <exception cref="IOException">A party could not be reached.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<ChannelSet> OpenSessionAsync(SessionId sessionId, CancellationToken cancellationToken = default) => OpenSessionAsync(sessionId, HasDealer, cancellationToken);

    /// <summary>As <see cref="OpenSessionAsync(SessionId, CancellationToken)"/>, with or without the dealer: protocols that have none leave it in peace.</summary>
    /// <param name="sessionId">The session; all open the same.</param>
    /// <param name="withDealer">Whether the dealer takes part; the same at all places. Ignored where there is none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="InvalidOperationException">As above, or the dealer itself would open a session without it.</exception>
    Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default);

    /// <summary>
    /// The next session that another place has opened with this one and that this one has not opened: each once, and not one that nobody waits for any more. Over TCP those
    /// of lower places are heard of, so the dealer hears of all.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The session, to be opened here by <see cref="OpenSessionAsync(SessionId, CancellationToken)"/>.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default);

    /// <summary>The next client that connects. One wait at a time is enough; several are allowed.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">This is the dealer's place, which takes no clients.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default);
}
