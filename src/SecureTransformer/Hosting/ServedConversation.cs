using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>A party's end of a <see cref="Conversation"/>: turns of new tokens and answers over one cache. It keeps a place only while it computes.</summary>
internal sealed class ServedConversation(
    IChannel client, ChannelSet links, MpcSession session, DecoderModel model, KeyValueCache cache, ComputePlaces places, PartyHostOptions options)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <summary>The party's logical clock when it had the step's tokens.</summary>
    private int _inputClock;

    /// <summary>Serves turns until the client ends the conversation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            byte[] message = await AwaitClientAsync(ct => ControlChannel.ReceiveAsync(client, HostOperations.Turn, ct), cancellationToken).ConfigureAwait(false);
            GenerationTurn turn = ControlChannel.Decode(message, ControlJson.Default.GenerationTurn, client.PeerName);
            if (turn.NewTokens.Length == 0)
            {
                return;
            }

            new TurnCheck(options, model.Config).Require(turn, cache);
            await AnswerAsync(turn, message, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(GenerationTurn turn, byte[] message, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        int[] lengths = turn.NewTokens;
        IDisposable? place = await EnterAsync("turn of the conversation", message, cancellationToken).ConfigureAwait(false);
        try
        {
            cache.Truncate(turn.Kept);
            SecretTensor rows = await TakeTokensAsync(lengths.Sum(), cancellationToken).ConfigureAwait(false);                            // [N, H]
            for (int made = 1; ; made++)
            {
                SecretTensor? chosen = await StepAsync(made == 1 ? "prompt" : "token", turn, rows, lengths, cancellationToken).ConfigureAwait(false);
                rows.Dispose();
                if (made == turn.MaxNewTokens)
                {
                    return;
                }

                int[] running = [.. Enumerable.Range(0, lengths.Length).Where(sequence => lengths[sequence] > 0)];
                int[] goOn = [.. Enumerable.Range(0, running.Length)];
                if (turn.IsDirected)
                {
                    place.Dispose();
                    byte[] next = await AwaitClientAsync(ct => NextAsync(running.Length, ct), cancellationToken).ConfigureAwait(false);
                    goOn = [.. goOn.Where(row => next[row] != 0)];
                    if (goOn.Length == 0)
                    {
                        await session.AgreeAsync("choice of texts to go on", next, cancellationToken).ConfigureAwait(false);
                        return;
                    }

                    place = await EnterAsync("choice of texts to go on", next, cancellationToken).ConfigureAwait(false);
                }

                lengths = [.. Enumerable.Range(0, lengths.Length).Select(sequence => goOn.Any(row => running[row] == sequence) ? 1 : 0)];
                if (chosen is null)
                {
                    rows = await TakeTokensAsync(goOn.Length, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                _inputClock = session.Meter.Clock;
                using SecretTensor fed = session.GatherRows(chosen, goOn);
                chosen.Dispose();
                rows = await model.EmbedAsync(session, fed, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            place?.Dispose();
        }
    }

    /// <summary>Takes new tokens from the client, run by run, as rows of the token table.</summary>
    private async ValueTask<SecretTensor> TakeTokensAsync(int count, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        var rows = new List<SecretTensor>();
        foreach ((_, int length) in PromptRuns.Of(count))
        {
            using SecretTensor tokens = await session.ImportOneHotAsync(client, new TensorShape(length, model.Config.VocabSize), cancellationToken).ConfigureAwait(false); // [n, V]
            _inputClock = session.Meter.Clock;
            rows.Add(await model.EmbedAsync(session, tokens, cancellationToken).ConfigureAwait(false));                                  // [n, H]
        }

        return scope.Keep(rows.Count == 1 ? rows[0] : session.Concatenate(rows, 0));                                                     // [N, H]
    }

    /// <summary>Computes on new tokens and gives the client what follows: the logits, or the token's id. One-hot rows of the token where it was chosen here.</summary>
    private async ValueTask<SecretTensor?> StepAsync(string name, GenerationTurn turn, SecretTensor rows, int[] lengths, CancellationToken cancellationToken)
    {
        SecretTensor? chosen = null;
        using (SessionScope scope = session.BeginScope(name))
        {
            SecretTensor answer;
            var watch = new ClientWatch(client, cancellationToken);
            await using (watch.ConfigureAwait(false))
            {
                answer = await model.ForwardRowsAsync(session, rows, cache.Begin(lengths), ClientProgress.Of(client, "decoder.layer."), watch.Token).ConfigureAwait(false); // [R, V]
                if (turn.Private)
                {
                    SecretToken token = turn.Temperature == 0
                        ? await PrivateChoice.GreedyAsync(session, answer, cancellationToken: watch.Token).ConfigureAwait(false)
                        : await PrivateChoice.SampleAsync(session, answer, turn.Temperature, cancellationToken: watch.Token).ConfigureAwait(false);
                    chosen = scope.Keep(token.OneHot);                                                                                  // [R, V]
                    answer = token.Id;                                                                                                  // [R]
                }
            }

            await session.ExportAsync(client, answer, cancellationToken).ConfigureAwait(false);
        }

        PartyReport.Send(client, session, _inputClock);
        return chosen;
    }

    /// <summary>
    /// Compares a client's word with the other parties, and takes a place to compute. Party 0 takes its place first and the others after it has said so, so that of several
    /// conversations at once the parties compute the same ones.
    /// </summary>
    private async ValueTask<IDisposable> EnterAsync(string what, byte[] message, CancellationToken cancellationToken)
    {
        if (session.PartyId != 0)
        {
            await session.AgreeAsync(what, message, cancellationToken).ConfigureAwait(false);
        }

        IDisposable place = await places.TryTakeAsync(options.AdmissionTimeout, cancellationToken).ConfigureAwait(false)
            ?? throw new RefusalException($"the party computes {places.Count} requests already, its bound, and none ended within {options.AdmissionTimeout.TotalSeconds:0} s; try again later");
        if (session.PartyId == 0)
        {
            try
            {
                await session.AgreeAsync(what, message, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                place.Dispose();
                throw;
            }
        }

        return place;
    }

    /// <summary>Which of the running texts go on, a byte each.</summary>
    private async ValueTask<byte[]> NextAsync(int count, CancellationToken cancellationToken)
    {
        using FrameBuffer frame = await client.ReceiveAsync(HostOperations.Next, count, cancellationToken).ConfigureAwait(false);
        return frame.Span.ToArray();
    }

    /// <summary>A client may think, but not for ever; and not when another party has given up.</summary>
    private async ValueTask<byte[]> AwaitClientAsync(Func<CancellationToken, ValueTask<byte[]>> receive, CancellationToken cancellationToken)
    {
        using SessionScope waiting = session.BeginScope("client");
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            using var poll = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            poll.CancelAfter(s_poll < options.ConversationTimeout ? s_poll : options.ConversationTimeout);
            try
            {
                return await receive(poll.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is PeerTimeoutException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
            }

            if (links.EndedPeer is { } peer)
            {
                throw new RefusalException($"{peer} has ended the conversation; it is over here too and its cache zeroed");
            }

            if (Stopwatch.GetElapsedTime(since) >= options.ConversationTimeout)
            {
                throw new RefusalException($"the client said nothing for {options.ConversationTimeout.TotalSeconds:0} s; the conversation is over and its cache zeroed");
            }
        }
    }
}
