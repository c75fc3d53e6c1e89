using Microsoft.Extensions.Logging;
using SecureTransformer.Architectures;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>What all requests on a model have in common: links of their own, and a session under that of the model.</content>
public sealed partial class PartyHost
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party}: {Left} of {Count} runs of stored material are left")]
    private static partial void LogMaterial(ILogger logger, int party, int left, int count);

    private LoadedModel RequireModel(PartyRequest request, Func<LoadedModel, int> vocabularyOf)
    {
        LoadedModel loaded = _model ?? throw new RefusalException("the party holds no model yet; let the model's owner load one");
        RequireSame("protocol", request.Protocol, ProtocolNames.NameOf(loaded.Protocol));
        RequireSame("threshold", request.Threshold, loaded.Session.Options.Threshold);
        RequireSame("number of fractional bits", request.FractionalBits, loaded.Session.FractionalBits);
        RequireSame("vocabulary size", request.VocabularySize, vocabularyOf(loaded));
        RequireSame("model configuration", request.ConfigurationDigest, loaded.ConfigurationDigest);
        RequireSame("nonlinear functions", request.Functions, loaded.Functions);
        return loaded;
    }

    private static T Require<T>(LoadedModel loaded, string otherwise)
        where T : SecureModel => loaded.Model as T ?? throw new RefusalException($"the party's model {otherwise}");

    /// <summary>
    /// Counts a request that is admitted against its client's bound of stored runs, before its session takes one. Party 0 alone counts, as it alone admits: no session opens
    /// without it, and what it refused would count at the others.
    /// </summary>
    private void CountRun(ClientConnection client)
    {
        if (_endpoint.PartyId == 0)
        {
            _material?.Count(client.ClientIdentity);
        }
    }

    /// <summary>Opens links to the other parties and a session that reads the model's weights, and serves in it.</summary>
    private async Task InSessionAsync(
        ClientConnection client, PartyRequest request, byte[] message, LoadedModel loaded, Func<MpcSession, ChannelSet, Task> serve, CancellationToken cancellationToken)
    {
        try
        {
            ChannelSet channels = await OpenLinksAsync(client, loaded.Protocol, cancellationToken).ConfigureAwait(false);
            await using (channels.ConfigureAwait(false))
            {
                var options = new SessionOptions
                {
                    FractionalBits = request.FractionalBits,
                    Threshold = request.Threshold,
                    MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism,
                    NonlinearFunctions = loaded.Functions,
                    Material = _material?.Store,
                    Agreement = $"{loaded.Identity}, request {PublicDigest.Of(message)} of {client.ClientIdentity}",
                };
                MpcSession session = await OpenSessionAsync(client, channels, loaded.Protocol, options, loaded.Session, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    if (_material is { } material)
                    {
                        LogMaterial(_options.Logger, _endpoint.PartyId, material.Store.Remaining, material.Store.Description.Count);
                    }

                    await ServeProfiledAsync(session, client.SessionId, () => serve(session, channels)).ConfigureAwait(false);
                }
            }
        }
        catch (InvalidDataException error)
        {
            // What is wrong with the party's files is for its own log.
            LogFailure(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, Printable(error.Message));
            throw new RefusalException("the party cannot read its shares of the model; its log says why");
        }
    }
}
