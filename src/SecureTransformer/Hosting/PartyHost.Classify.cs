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
        LoadedModel loaded = RequireModel(request, model => Require<BertClassifier>(model, "is no classifier").Config.VocabSize);
        var bert = (BertClassifier)loaded.Model;
        BertConfig config = bert.Config;
        int length = request.AttentionMask.Length;
        int most = Math.Min(_options.MaxTokens, config.MaxPositionEmbeddings);
        if (length < 1 || length > most)
        {
            throw new RefusalException($"the request has {length} tokens; this party takes between 1 and {most}");
        }

        _material?.RequireClassification(length);
        RequireSame("number of positions", request.PositionIds.Length, length);
        if (request.AttentionMask.Any(c => c is not ('0' or '1')) || request.PositionIds.Any(p => p < 0 || p >= config.MaxPositionEmbeddings))
        {
            throw new RefusalException("the request's padding mask or positions are out of range");
        }

        // Party 0 admits first; at the others a request takes its place once party 0 has opened its links, so that nobody holds places at one party alone.
        IDisposable? place = _endpoint.PartyId == 0 ? await TakePlaceAsync(client, cancellationToken).ConfigureAwait(false) : null;
        try
        {
            CountRun(client);
            await InSessionAsync(
                client,
                request,
                message,
                loaded,
                async (session, _) =>
                {
                    place ??= await TakePlaceAsync(client, cancellationToken).ConfigureAwait(false);
                    await ClassifyAsync(client, request, bert, session, cancellationToken).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            place?.Dispose();
        }
    }

    /// <summary>
    /// Takes one of the places for requests. Party 0 alone refuses when there is none, so that of several requests at once the parties do not each refuse another;
    /// at the others a request waits until one that party 0 has already finished or refused is gone.
    /// </summary>
    private async Task<IDisposable> TakePlaceAsync(ClientConnection client, CancellationToken cancellationToken)
    {
        TimeSpan patience = _endpoint.PartyId == 0 ? TimeSpan.Zero : _options.AdmissionTimeout;
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using var watching = watch.ConfigureAwait(false);
        return await _places.TryTakeAsync(patience, watch.Token).ConfigureAwait(false)
            ?? throw new RefusalException($"the party computes {_places.Count} requests already, its bound; try again later");
    }

    private static async Task ClassifyAsync(
        ClientConnection client, PartyRequest request, BertClassifier model, MpcSession session, CancellationToken cancellationToken)
    {
        int length = request.AttentionMask.Length;
        session.Meter.Phase = TrafficPhase.Setup;
        ControlChannel.Signal(client.Channel, HostOperations.Progress);
        session.Meter.Phase = TrafficPhase.Online;
        SecretTensor tokens = await session.ImportOneHotAsync(client.Channel, new TensorShape(length, model.Config.VocabSize), cancellationToken).ConfigureAwait(false);
        SecretTensor types = await session.ImportOneHotAsync(client.Channel, new TensorShape(length, model.Config.TypeVocabSize), cancellationToken).ConfigureAwait(false);
        int inputClock = session.Meter.Clock;
        var input = new BertInput(tokens, types, request.PositionIds, [.. request.AttentionMask.Select(c => c == '1')]) { ComputePadding = session.Options.Material is not null };
        SecretTensor logits;
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            logits = await model.ForwardAsync(session, input, ClientProgress.Of(client.Channel, "encoder.layer."), watch.Token).ConfigureAwait(false);
        }

        await session.ExportAsync(client.Channel, logits, cancellationToken).ConfigureAwait(false);
        PartyReport.Send(client.Channel, session, inputClock);
    }
}
