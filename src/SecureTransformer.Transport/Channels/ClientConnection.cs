namespace SecureTransformer.Transport;

/// <summary>A client that a party has accepted, for one session.</summary>
public sealed class ClientConnection : IAsyncDisposable
{
    /// <summary>Makes the connection, which then owns the channel.</summary>
    /// <param name="sessionId">The session that the client chose.</param>
    /// <param name="clientIdentity">Who the client is: over TLS the fingerprint of its key.</param>
    /// <param name="channel">The channel to the client; its meter is that of the party's session of this id.</param>
    public ClientConnection(SessionId sessionId, string clientIdentity, IChannel channel)
    {
        ArgumentNullException.ThrowIfNull(clientIdentity);
        ArgumentNullException.ThrowIfNull(channel);
        SessionId = sessionId;
        ClientIdentity = clientIdentity;
        Channel = channel;
    }

    /// <summary>The session that the client chose; the party opens its links to the other parties under the same id.</summary>
    public SessionId SessionId { get; }

    /// <summary>Who the client is: over TLS the fingerprint of its key.</summary>
    public string ClientIdentity { get; }

    /// <summary>The channel to the client.</summary>
    public IChannel Channel { get; }

    /// <summary>Closes the channel.</summary>
    /// <returns>A task that ends when it is closed.</returns>
    public ValueTask DisposeAsync() => Channel.DisposeAsync();
}
