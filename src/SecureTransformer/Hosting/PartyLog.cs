using Microsoft.Extensions.Logging;

namespace SecureTransformer.Hosting;

/// <summary>The messages of a party as a program.</summary>
internal static partial class PartyLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The party ends: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);
}
