using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Layers;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>What all requests on a model have in common: a place, links of their own, a session under that of the model, progress and reports.</content>
public sealed partial class PartyHost
{
    private LoadedModel RequireModel(PartyRequest request, Func<LoadedModel, int> vocabularyOf)
    {
        LoadedModel loaded = _model ?? throw new RefusalException("the party holds no model yet; let the model's owner load one");
        RequireSame("protocol", request.Protocol, ProtocolNames.NameOf(loaded.Protocol));
        RequireSame("number of fractional bits", request.FractionalBits, loaded.Session.FractionalBits);
        RequireSame("vocabulary size", request.VocabularySize, vocabularyOf(loaded));
        RequireSame("model configuration", request.ConfigurationDigest, loaded.ConfigurationDigest);
        return loaded;
    }

    private static T Require<T>(LoadedModel loaded, string otherwise)
        where T : SecureModel => loaded.Model as T ?? throw new RefusalException($"the party's model {otherwise}");

    /// <summary>Takes a place, opens links to the other parties and a session that reads the model's weights, and serves in it.</summary>
    private async Task InSessionAsync(
        ClientConnection client, PartyRequest request, byte[] message, LoadedModel loaded, Func<MpcSession, Task> serve, CancellationToken cancellationToken)
    {
        bool admitted = false;
        try
        {
            // Party 0 admits first; at the others a request takes its place once party 0 has opened its links, so that nobody holds places at one party alone.
            if (_endpoint.PartyId == 0)
            {
                await AdmitAsync(client, cancellationToken).ConfigureAwait(false);
                admitted = true;
            }

            ChannelSet channels = await OpenLinksAsync(client, cancellationToken).ConfigureAwait(false);
            await using (channels.ConfigureAwait(false))
            {
                if (!admitted)
                {
                    await AdmitAsync(client, cancellationToken).ConfigureAwait(false);
                    admitted = true;
                }

                var options = new SessionOptions
                {
                    FractionalBits = request.FractionalBits,
                    MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism,
                    Agreement = $"{loaded.Identity}, request {DigestOf(message)} of {client.ClientIdentity}",
                };
                MpcSession session = await OpenSessionAsync(client, channels, loaded.Protocol, options, loaded.Session, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    await serve(session).ConfigureAwait(false);
                }
            }
        }
        catch (InvalidDataException error)
        {
            // What is wrong with the party's files is for its own log.
            LogFailure(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, Printable(error.Message));
            throw new RefusalException("the party cannot read its shares of the model; its log says why");
        }
        finally
        {
            if (admitted)
            {
                _requests.Release();
            }
        }
    }

    /// <summary>A sign of life to the client after each layer: it must not take a long computation for a dead party.</summary>
    private static TensorObserver Progress(IChannel client, string layers) => (name, _) =>
    {
        if (name.StartsWith(layers, StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal))
        {
            ControlChannel.Signal(client, HostOperations.Progress);
        }

        return ValueTask.CompletedTask;
    };

    /// <summary>
    /// Takes one of the places for requests. Party 0 alone refuses when there is none, so that of several requests at once the parties do not each refuse another;
    /// at the others a request waits until one that party 0 has already finished or refused is gone.
    /// </summary>
    private async Task AdmitAsync(ClientConnection client, CancellationToken cancellationToken)
    {
        TimeSpan patience = _endpoint.PartyId == 0 ? TimeSpan.Zero : _options.AdmissionTimeout;
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            if (!await _requests.WaitAsync(patience, watch.Token).ConfigureAwait(false))
            {
                throw new RefusalException($"the party computes {_options.Places} requests already, its bound; try again later");
            }
        }
    }

    private static void SendReport(IChannel channel, TrafficMeter meter, int inputClock)
    {
        TrafficPhase[] phases = Enum.GetValues<TrafficPhase>();
        using var process = Process.GetCurrentProcess();
        var report = new PartyReport
        {
            BytesByPhase = [.. phases.Select(meter.BytesSent)],
            InputClock = inputClock,
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
        TrafficPhase phase = meter.Phase;
        meter.Phase = TrafficPhase.Setup;
        ControlChannel.Send(channel, HostOperations.Report, report, ControlJson.Default.PartyReport);
        meter.Phase = phase;
    }
}
