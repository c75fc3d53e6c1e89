using Microsoft.Extensions.Logging;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>A dealer's messages: sessions, parties and reasons, never values.</summary>
internal static partial class DealerLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "The dealer: session {Session} began")]
    public static partial void Began(ILogger logger, SessionId session);

    [LoggerMessage(Level = LogLevel.Information, Message = "The dealer: session {Session} ended; {Bytes} bytes dealt")]
    public static partial void Ended(ILogger logger, SessionId session, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "The dealer: session {Session} is over: {Reason}")]
    public static partial void Left(ILogger logger, SessionId session, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The dealer: session {Session} failed: {Reason}")]
    public static partial void SessionFailed(ILogger logger, SessionId session, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The dealer ends: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);
}
