using System.Globalization;
using Microsoft.Extensions.Logging;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Recording where the time of requests goes.</content>
public sealed partial class PartyHost
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Party {Party}: the profile {File} could not be written: {Reason}")]
    private static partial void LogNoProfile(ILogger logger, int party, string file, string reason);

    /// <summary>Serves, and writes the profile of it once it is over, however it ended.</summary>
    private async Task ServeProfiledAsync(MpcSession session, SessionId request, Func<Task> serve)
    {
        if (_options.ProfileDirectory is not { } folder)
        {
            await serve().ConfigureAwait(false);
            return;
        }

        var profile = new SessionProfile();
        ProfileRecording recording = session.BeginProfile(profile);
        try
        {
            await serve().ConfigureAwait(false);
        }
        finally
        {
            recording.Dispose();
            string file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{recording.Started:yyyyMMdd'T'HHmmss'.'fffffff}-{request.ToString()[..8]}.json"));
            try
            {
                profile.SaveTrace(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                LogNoProfile(_options.Logger, _endpoint.PartyId, file, Printable(error.Message));
            }
        }
    }
}
