using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Serving a conversation: turns of new tokens and answers over one cache of keys and values, which is zeroed at its end.</content>
public sealed partial class PartyHost
{
    private async Task GenerateAsync(ClientConnection client, PartyRequest request, byte[] message, CancellationToken cancellationToken)
    {
        LoadedModel loaded = RequireModel(request, model => Require<DecoderModel>(model, "does not generate text").Config.VocabSize);
        var model = (DecoderModel)loaded.Model;
        if (request.Sequences < 1 || request.Sequences > _options.MaxTokens)
        {
            throw new RefusalException($"the request has {request.Sequences} sequences; this party takes between 1 and {_options.MaxTokens}");
        }

        await InSessionAsync(client, request, message, loaded, session => ConverseAsync(client, request, model, session, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task ConverseAsync(ClientConnection client, PartyRequest request, DecoderModel model, MpcSession session, CancellationToken cancellationToken)
    {
        session.Meter.Phase = TrafficPhase.Setup;
        ControlChannel.Signal(client.Channel, HostOperations.Progress);
        session.Meter.Phase = TrafficPhase.Online;
        using KeyValueCache cache = model.CreateCache(session, request.Sequences);
        try
        {
            while (true)
            {
                byte[] message = await AwaitTurnAsync(client.Channel, cancellationToken).ConfigureAwait(false);
                GenerationTurn turn = ControlChannel.Decode(message, ControlJson.Default.GenerationTurn, client.Channel.PeerName);
                if (turn.NewTokens.Length == 0)
                {
                    return;
                }

                RequireTurn(turn, cache, model.Config);
                await session.AgreeAsync("turn of the conversation", message, cancellationToken).ConfigureAwait(false);
                await AnswerAsync(client.Channel, turn, model, cache, session, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            LogConversationEnded(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, cache.RowCount);
        }
    }

    /// <summary>The next turn. A client may think about it, but not for ever.</summary>
    private async ValueTask<byte[]> AwaitTurnAsync(IChannel client, CancellationToken cancellationToken)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await ControlChannel.ReceiveAsync(client, HostOperations.Turn, cancellationToken).ConfigureAwait(false);
            }
            catch (PeerTimeoutException) when (Stopwatch.GetElapsedTime(since) < _options.ConversationTimeout)
            {
            }
            catch (PeerTimeoutException)
            {
                throw new RefusalException($"the client said nothing for {_options.ConversationTimeout.TotalSeconds:0} s; the conversation is over and its cache zeroed");
            }
        }
    }

    private void RequireTurn(GenerationTurn turn, KeyValueCache cache, DecoderConfig config)
    {
        RequireSame("number of sequences", turn.NewTokens.Length, cache.Sequences);
        RequireSame("number of sequences", turn.Kept.Length, cache.Sequences);
        long total = 0;
        for (int sequence = 0; sequence < cache.Sequences; sequence++)
        {
            if (turn.Kept[sequence] < 0 || turn.Kept[sequence] > cache.LengthOf(sequence))
            {
                throw new RefusalException($"the turn keeps {turn.Kept[sequence]} tokens of a sequence of {cache.LengthOf(sequence)}");
            }

            // The last token of the answer is not computed on.
            long length = (long)turn.Kept[sequence] + turn.NewTokens[sequence] + turn.MaxNewTokens - 1;
            total += length;
            if (turn.NewTokens[sequence] < 1 || turn.MaxNewTokens < 1 || length > config.MaxPositionEmbeddings)
            {
                throw new RefusalException(
                    $"a sequence of {turn.Kept[sequence]} + {turn.NewTokens[sequence]} tokens and an answer of {turn.MaxNewTokens} are asked for; each has at least one token, and the model's context is {config.MaxPositionEmbeddings}");
            }
        }

        if (total > _options.MaxTokens)
        {
            throw new RefusalException($"the conversation would have {total} tokens; this party takes {_options.MaxTokens}");
        }

        if (turn.Private && !(turn.Temperature >= 0 && turn.Temperature <= PrivateChoice.MaxTemperature))
        {
            throw new RefusalException($"the temperature is not between 0 and {PrivateChoice.MaxTemperature}");
        }
    }

    private static async Task AnswerAsync(
        IChannel client, GenerationTurn turn, DecoderModel model, KeyValueCache cache, MpcSession session, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        int vocabulary = model.Config.VocabSize;
        int[] lengths = turn.NewTokens;
        for (int sequence = 0; sequence < cache.Sequences; sequence++)
        {
            cache.Truncate(sequence, turn.Kept[sequence]);
        }

        SecretTensor tokens = await session.ImportAsync(client, new TensorShape(lengths.Sum(), vocabulary), 0, cancellationToken).ConfigureAwait(false); // [N, V]
        for (int made = 1; ; made++)
        {
            int inputClock = session.Meter.Clock;
            SecretTensor? chosen = null;
            using (SessionScope step = session.BeginScope())
            {
                SecretTensor answer;
                var watch = new ClientWatch(client, cancellationToken);
                await using (watch.ConfigureAwait(false))
                {
                    answer = await model.ForwardAsync(session, tokens, cache.Begin(lengths), Progress(client, "decoder.layer."), watch.Token).ConfigureAwait(false); // [R, V]
                    if (turn.Private)
                    {
                        SecretToken token = await ChooseAsync(answer, watch.Token).ConfigureAwait(false);
                        chosen = step.Keep(token.OneHot);                                                                              // [R, V]
                        answer = token.Id;                                                                                             // [R]
                    }
                }

                await session.ExportAsync(client, answer, cancellationToken).ConfigureAwait(false);
            }

            SendReport(client, session.Meter, inputClock);
            tokens.Dispose();
            if (made == turn.MaxNewTokens)
            {
                return;
            }

            int[] running = [.. Enumerable.Range(0, lengths.Length).Where(sequence => lengths[sequence] > 0)];
            bool[] goesOn = turn.IsDirected ? await NextAsync(running.Length).ConfigureAwait(false) : [.. running.Select(_ => true)];
            int[] rows = [.. Enumerable.Range(0, running.Length).Where(row => goesOn[row])];
            if (rows.Length == 0)
            {
                return;
            }

            lengths = [.. Enumerable.Range(0, lengths.Length).Select(sequence => rows.Any(row => running[row] == sequence) ? 1 : 0)];
            tokens = chosen is null
                ? await session.ImportAsync(client, new TensorShape(rows.Length, vocabulary), 0, cancellationToken).ConfigureAwait(false)
                : session.GatherRows(chosen, rows);
            chosen?.Dispose();
        }

        ValueTask<SecretToken> ChooseAsync(SecretTensor logits, CancellationToken cancellation) => turn.Temperature == 0
            ? PrivateChoice.GreedyAsync(session, logits, cancellationToken: cancellation)
            : PrivateChoice.SampleAsync(session, logits, turn.Temperature, cancellationToken: cancellation);

        // Which of the running sequences go on, as the client has told all parties alike.
        async ValueTask<bool[]> NextAsync(int count)
        {
            byte[] message;
            using (FrameBuffer frame = await client.ReceiveAsync(HostOperations.Next, count, cancellationToken).ConfigureAwait(false))
            {
                message = frame.Span.ToArray();
            }

            await session.AgreeAsync("choice of sequences to go on", message, cancellationToken).ConfigureAwait(false);
            return [.. message.Select(b => b != 0)];
        }
    }
}
