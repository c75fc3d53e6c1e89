using Microsoft.Extensions.Logging;

namespace SecureTransformer.Transport;

/// <summary>Connection events: names and addresses, never payloads.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1, LogLevel.Information, "{Party} listens on {Address}")]
    internal static partial void Listening(ILogger logger, string party, string address);

    [LoggerMessage(2, LogLevel.Debug, "Connected to {Peer}")]
    internal static partial void Connected(ILogger logger, string peer);

    [LoggerMessage(3, LogLevel.Debug, "{Peer} connected from {Address} for session {Session}")]
    internal static partial void Accepted(ILogger logger, string peer, string address, SessionId session);

    [LoggerMessage(4, LogLevel.Warning, "A connection from {Address} was turned away: {Reason}")]
    internal static partial void TurnedAway(ILogger logger, string address, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Accepting a connection failed: {Reason}")]
    internal static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(6, LogLevel.Debug, "The link to {Peer} ended: {Reason}")]
    internal static partial void LinkEnded(ILogger logger, string peer, string reason);
}
