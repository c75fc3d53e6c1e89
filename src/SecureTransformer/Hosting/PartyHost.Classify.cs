using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Serving a classification.</content>
public sealed partial class PartyHost
{
    private async Task ClassifyAsync(ClientConnection client, PartyRequest request, byte[] message, CancellationToken cancellationToken)
    {
        LoadedModel loaded = _model ?? throw new RefusalException("the party holds no model yet; let the model's owner load one");
        RequireSame("protocol", request.Protocol, ProtocolNames.NameOf(loaded.Protocol));
        RequireSame("number of fractional bits", request.FractionalBits, loaded.Session.FractionalBits);
        if (loaded.Model is not BertClassifier bert)
        {
            throw new RefusalException("the party's model is no classifier");
        }

        BertConfig config = bert.Config;
        RequireSame("vocabulary size", request.VocabularySize, config.VocabSize);
        RequireSame("model configuration", request.ConfigurationDigest, loaded.ConfigurationDigest);
        int length = request.AttentionMask.Length;
        int most = Math.Min(_options.MaxTokens, config.MaxPositionEmbeddings);
        if (length < 1 || length > most)
        {
            throw new RefusalException($"the request has {length} tokens; this party takes between 1 and {most}");
        }

        RequireSame("number of positions", request.PositionIds.Length, length);
        if (request.AttentionMask.Any(c => c is not ('0' or '1')) || request.PositionIds.Any(p => p < 0 || p >= config.MaxPositionEmbeddings))
        {
            throw new RefusalException("the request's padding mask or positions are out of range");
        }

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
                    await ClassifyAsync(client, request, bert, session, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (admitted)
            {
                _requests.Release();
            }
        }
    }

    private static async Task ClassifyAsync(
        ClientConnection client, PartyRequest request, BertClassifier model, MpcSession session, CancellationToken cancellationToken)
    {
        int length = request.AttentionMask.Length;
        session.Meter.Phase = TrafficPhase.Setup;
        ControlChannel.Signal(client.Channel, HostOperations.Progress);
        session.Meter.Phase = TrafficPhase.Online;
        SecretTensor tokens = await session.ImportAsync(client.Channel, new TensorShape(length, model.Config.VocabSize), 0, cancellationToken).ConfigureAwait(false);
        SecretTensor types = await session.ImportAsync(client.Channel, new TensorShape(length, model.Config.TypeVocabSize), 0, cancellationToken).ConfigureAwait(false);
        int inputClock = session.Meter.Clock;
        var input = new BertInput(tokens, types, request.PositionIds, [.. request.AttentionMask.Select(c => c == '1')]);
        SecretTensor logits;
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            logits = await model.ForwardAsync(session, input, Observe, watch.Token).ConfigureAwait(false);
        }

        await session.ExportAsync(client.Channel, logits, cancellationToken).ConfigureAwait(false);
        SendReport(client.Channel, session.Meter, inputClock);

        // A sign of life to the client after each layer: it must not take a long computation for a dead party.
        ValueTask Observe(string name, SecretTensor tensor)
        {
            if (name.StartsWith("encoder.layer.", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal))
            {
                ControlChannel.Signal(client.Channel, HostOperations.Progress);
            }

            return ValueTask.CompletedTask;
        }
    }

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
                throw new RefusalException($"the party computes {_options.MaxConcurrentRequests} requests already, its bound; try again later");
            }
        }
    }

    private static void SendReport(IChannel channel, TrafficMeter meter, int inputClock)
    {
        TrafficPhase[] phases = Enum.GetValues<TrafficPhase>();
        var report = new PartyReport
        {
            BytesByPhase = [.. phases.Select(meter.BytesSent)],
            InputClock = inputClock,
            PeakMemoryBytes = Environment.WorkingSet,
        };
        meter.Phase = TrafficPhase.Setup;
        ControlChannel.Send(channel, HostOperations.Report, report, ControlJson.Default.PartyReport);
    }
}
