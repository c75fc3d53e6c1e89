namespace SecureTransformer.Transport;

/// <summary>A client's place on a network.</summary>
public interface IClientEndpoint : IAsyncDisposable
{
    /// <summary>The number of parties. A dealer is not among them: clients do not reach it.</summary>
    int PartyCount { get; }

    /// <summary>Connects to all parties for one session.</summary>
    /// <param name="sessionId">A fresh id, chosen by the client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="ProtocolException">A party refused.</exception>
    /// <exception cref="PeerTimeoutException">A party could not be reached within the connect time-out.</exception>
    /// <exception cref="IOException">A connection broke.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    Task<ClientChannels> ConnectAsync(SessionId sessionId, CancellationToken cancellationToken = default);
}
