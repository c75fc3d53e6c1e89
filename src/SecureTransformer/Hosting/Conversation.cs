using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// Turns of prompts and answers over one cache of keys and values at the parties, which zero it at the end. A turn costs its new tokens alone.
/// </summary>
/// <remarks>
/// <para>The parties learn the number of tokens of each prompt and of each computed answer. A later turn tells them from where on it goes on, and so where the answer before
/// ended, also when that was computed to its full length.</para>
/// <para>Without <see cref="GenerationOptions.StopEarly"/> the client goes through the answer at its own pace, whatever the reader's, so that the parties cannot tell from the
/// time between steps where the text ended.</para>
/// <para>One turn at a time. A turn that fails or is cancelled ends the conversation; one that is left early ends it too, unless the parties wait for the client after each token
/// (the client samples, or <see cref="GenerationOptions.StopEarly"/>).</para>
/// </remarks>
public sealed class Conversation : IAsyncDisposable
{
    private readonly InferenceClient _client;
    private readonly DecoderConfig _config;
    private readonly ClientChannels _channels;
    private readonly IChannel[] _parties;
    private readonly ShareCodec _codec;
    private readonly int[] _kept;
    private readonly int?[] _pending;
    private SentSoFar? _sent;
    private bool _busy;
    private bool _ended;

    internal Conversation(InferenceClient client, DecoderConfig config, ClientChannels channels, IChannel[] parties, ShareCodec codec, int sequences)
    {
        _client = client;
        _config = config;
        _channels = channels;
        _parties = parties;
        _codec = codec;
        _kept = new int[sequences];
        _pending = new int?[sequences];
    }

    /// <summary>The number of texts that are continued side by side.</summary>
    public int Sequences => _kept.Length;

    /// <summary>The number of tokens of a text so far: prompts and answers.</summary>
    public int LengthOf(int sequence) => _kept[sequence] + (_pending[sequence] is null ? 0 : 1);

    /// <summary>Goes on with a text, and continues it token by token.</summary>
    /// <param name="prompt">The text. It never leaves the client in the clear. The model's special tokens are put around the first one of a conversation only.</param>
    /// <param name="options">How many tokens, and how they are chosen.</param>
    /// <param name="cancellationToken">Cancels; the parties are told, and the conversation is over.</param>
    /// <inheritdoc cref="InferenceClient.GenerateAsync(string, GenerationOptions?, CancellationToken)" path="/exception"/>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);

        // Whether the conversation has begun is seen when the turn is, not when it is prepared.
        return AnswerAsync(() => [_client.RequireTokenizer().Encode(prompt, addSpecialTokens: LengthOf(0) == 0).InputIds.ToArray()], options, cancellationToken);
    }

    /// <summary>Goes on with tokens.</summary>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync([prompt], options, cancellationToken);

    /// <summary>Goes on with tokens for each sequence.</summary>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        return AnswerAsync(() => prompts, options, cancellationToken);
    }

    /// <summary>Ends the conversation: the parties zero its cache.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_busy)
        {
            End("the client ended the conversation in the middle of an answer");
        }
        else if (!_ended)
        {
            _ended = true;
            try
            {
                SendTurn(new GenerationTurn());
            }
            catch (Exception error) when (IsOfAnEndedLink(error))
            {
                // The parties have ended it already.
            }
        }

        await _channels.DisposeAsync().ConfigureAwait(false);
    }

    private async IAsyncEnumerable<GeneratedToken> AnswerAsync(
        Func<IReadOnlyList<IReadOnlyList<int>>> promptsOf, GenerationOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        options ??= new GenerationOptions();
        IReadOnlyList<IReadOnlyList<int>> prompts = promptsOf();
        new PromptCheck(_config).Require(prompts, [.. Enumerable.Range(0, Sequences).Select(LengthOf)], options);
        if (_busy || _ended)
        {
            throw new InvalidOperationException(_ended ? "The conversation is over." : "A turn of the conversation is under way; read its answer to the end first.");
        }

        using var turn = new Turn(this, prompts, options);
        _busy = true;
        try
        {
            await foreach (GeneratedToken token in turn.TokensAsync(cancellationToken).ConfigureAwait(false))
            {
                // What was sent now stands in the cache; the token that follows does once it is sent itself. What is not shown does not count.
                _kept[token.Sequence] += token.Index == 0 ? turn.SentFirst(token.Sequence) : 1;
                _pending[token.Sequence] = token.Id;
                yield return token;
            }
        }
        finally
        {
            if (!await turn.LeaveAsync().ConfigureAwait(false))
            {
                End(cancellationToken.IsCancellationRequested ? "the client cancelled" : "the client left the answer before its end");
                await turn.EndAsync().ConfigureAwait(false);
            }

            _busy = false;
        }
    }

    private void End(string reason)
    {
        _ended = true;
        try
        {
            _channels.Abort(reason);
        }
        catch (ObjectDisposedException)
        {
            // Disposed within the answer.
        }
    }

    private static bool IsOfAnEndedLink(Exception error) => error is IOException or ProtocolException or InvalidOperationException;

    private void SendTurn(GenerationTurn turn)
    {
        _channels.Meter.Phase = TrafficPhase.Setup;
        byte[] message = ControlChannel.Encode(turn, ControlJson.Default.GenerationTurn);
        foreach (IChannel party in _parties)
        {
            ControlChannel.Send(party, HostOperations.Turn, message);
        }
    }

    /// <summary>One turn: what each sequence is about to send, and what has come of it.</summary>
    private sealed class Turn : IDisposable
    {
        private readonly Conversation _conversation;
        private readonly GenerationOptions _options;
        private readonly LogitSampler? _sampler;
        private readonly TokenDecoder?[] _decoders;
        private readonly IReadOnlyList<int> _ends;
        private readonly bool[] _ended;
        private readonly bool _directed;
        private readonly int[] _first;
        private int[][] _next;
        private int[] _running;
        private int _made;
        private bool _stepping;
        private Task? _ahead;
        private volatile bool _left;

        public Turn(Conversation conversation, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
        {
            _conversation = conversation;
            _options = options;
            _directed = options.Sampling == TokenSampling.Client || options.StopEarly;
            _sampler = options.Sampling == TokenSampling.Client ? new LogitSampler(options) : null;
            _ends = options.EndTokenIds ?? conversation._config.EndTokenIds;
            _ended = new bool[prompts.Count];
            _decoders = [.. prompts.Select(prompt => DecoderAfter(prompt, conversation._client.Tokenizer))];
            _running = [.. Enumerable.Range(0, prompts.Count)];
            _next = [.. _running.Select(s => conversation._pending[s] is { } token ? [token, .. prompts[s]] : prompts[s].ToArray())];
            _first = [.. _next.Select(n => n.Length)];
        }

        /// <summary>Whether another step follows.</summary>
        public bool GoesOn { get; private set; } = true;

        /// <summary>How many tokens the first step sends for a sequence.</summary>
        public int SentFirst(int sequence) => _first[sequence];

        /// <summary>The tokens of the answer, as they come.</summary>
        /// <remarks>
        /// Where the parties are not to see where a text ends, steps follow one another whatever the reader does: the time between them then tells nothing of the tokens.
        /// With <see cref="GenerationOptions.StopEarly"/> nothing is computed that the reader has not asked for.
        /// </remarks>
        public async IAsyncEnumerable<GeneratedToken> TokensAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (!_options.StopEarly)
            {
                var tokens = Channel.CreateUnbounded<GeneratedToken>();
                _ahead = RunAheadAsync(tokens.Writer, cancellationToken);
                await foreach (GeneratedToken token in tokens.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return token;
                }

                yield break;
            }

            while (GoesOn)
            {
                foreach (GeneratedToken token in Take(await ComputeAsync(cancellationToken).ConfigureAwait(false)))
                {
                    yield return token;
                }
            }
        }

        /// <summary>
        /// Leaves the answer where it stands. True when the parties wait for another turn: at its end, and earlier where they wait for the client after each token. False where
        /// the turn cannot be ended so.
        /// </summary>
        public async ValueTask<bool> LeaveAsync()
        {
            _left = true;
            if (_ahead is { IsCompleted: false } && !_directed)
            {
                return false;
            }

            await EndAsync().ConfigureAwait(false);
            if (_stepping || (GoesOn && !_directed))
            {
                return false;
            }

            try
            {
                if (GoesOn)
                {
                    SendNext([.. _running.Select(_ => false)]);
                }

                return true;
            }
            catch (Exception error) when (IsOfAnEndedLink(error))
            {
                return false;
            }
        }

        /// <summary>Waits until nothing of the turn runs.</summary>
        public Task EndAsync() => _ahead ?? Task.CompletedTask;

        public void Dispose() => _sampler?.Dispose();

        /// <summary>An answer's first token is decoded as what follows the prompt, and not as the beginning of a text, whose space is left out.</summary>
        private static TokenDecoder? DecoderAfter(IReadOnlyList<int> prompt, Tokenizer? tokenizer)
        {
            TokenDecoder? decoder = tokenizer?.CreateDecoder();
            for (int i = 0; decoder is not null && i < prompt.Count; i++)
            {
                if (prompt[i] < tokenizer!.VocabularySize)
                {
                    decoder.Append(prompt[i]);
                }
            }

            return decoder;
        }

        /// <summary>Runs steps until the answer is whole or left; an error is the reader's.</summary>
        private async Task RunAheadAsync(ChannelWriter<GeneratedToken> tokens, CancellationToken cancellationToken)
        {
            try
            {
                while (GoesOn && !_left)
                {
                    foreach (GeneratedToken token in Take(await ComputeAsync(cancellationToken).ConfigureAwait(false)))
                    {
                        tokens.TryWrite(token);
                    }
                }

                tokens.Complete();
            }
            catch (Exception error)
            {
                tokens.Complete(error);
            }
        }

        /// <summary>One step: sends what is new, and reads what the parties make of it.</summary>
        private async Task<Step> ComputeAsync(CancellationToken cancellationToken)
        {
            Conversation c = _conversation;
            _stepping = true;
            long started = Stopwatch.GetTimestamp();
            int clock = c._channels.Meter.Clock;
            await SendAsync(cancellationToken).ConfigureAwait(false);
            for (int layer = 0; layer < c._config.NumHiddenLayers; layer++)
            {
                await PartyRequests.ProgressAsync(c._parties, cancellationToken).ConfigureAwait(false);
            }

            (int[] chosen, double[] logits) = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            int end = c._channels.Meter.Clock;
            PartyReport[] reports = await PartyRequests.FromAllAsync(
                c._parties, (party, ct) => ControlChannel.ReceiveAsync(party, HostOperations.Report, ControlJson.Default.PartyReport, ct), cancellationToken).ConfigureAwait(false);
            var sent = new SentSoFar(Costs.Sent(c._channels.Meter), reports);
            Cost cost = Costs.Between(seconds, clock, end, sent.Client, reports, c._sent);
            c._sent = sent;
            _stepping = false;
            return new Step(chosen, _options.IncludeLogits ? logits : [], cost);
        }

        private async ValueTask SendAsync(CancellationToken cancellationToken)
        {
            Conversation c = _conversation;
            if (_made == 0)
            {
                c.SendTurn(new GenerationTurn
                {
                    NewTokens = [.. _next.Select(n => n.Length)],
                    Kept = [.. c._kept],
                    MaxNewTokens = _options.MaxNewTokens,
                    Private = _options.Sampling == TokenSampling.Private,
                    Temperature = _options.Sampling == TokenSampling.Private ? _options.Temperature : 0,
                    StopEarly = _options.StopEarly,
                });
            }
            else if (_directed)
            {
                SendNext([.. _running.Select(s => _next[s].Length > 0)]);
            }

            _running = [.. _running.Where(s => _next[s].Length > 0)];
            if (_made == 0 || _sampler is not null)
            {
                c._channels.Meter.Phase = TrafficPhase.Input;
                int[] ids = [.. _running.SelectMany(s => _next[s])];
                foreach ((int start, int count) in PromptRuns.Of(ids.Length))
                {
                    await c._client.SendOneHotAsync(c._parties, ids[start..(start + count)], c._config.VocabSize, "tokens", cancellationToken).ConfigureAwait(false);
                }
            }
        }

        private void SendNext(bool[] goesOn)
        {
            _conversation._channels.Meter.Phase = TrafficPhase.Setup;
            foreach (IChannel party in _conversation._parties)
            {
                ControlChannel.Send(party, HostOperations.Next, [.. goesOn.Select(on => on ? (byte)1 : (byte)0)]);
            }
        }

        /// <summary>The tokens that follow, and the logits where the client chooses.</summary>
        private async ValueTask<(int[] Chosen, double[] Logits)> ReceiveAsync(CancellationToken cancellationToken)
        {
            Conversation c = _conversation;
            int vocabulary = c._config.VocabSize;
            if (_sampler is null)
            {
                double[] ids = await c._codec.ReceiveAsync(c._parties, _running.Length, 0, cancellationToken).ConfigureAwait(false);
                return ([.. ids.Select(id => id >= 0 && id < vocabulary ? (int)id : throw new ProtocolException("The parties sent a token outside the vocabulary."))], []);
            }

            double[] logits = await c._codec.ReceiveAsync(c._parties, _running.Length * vocabulary, c._client.Options.FractionalBits, cancellationToken).ConfigureAwait(false);
            return ([.. Enumerable.Range(0, _running.Length).Select(row => _sampler.Choose(logits.AsSpan(row * vocabulary, vocabulary)))], logits);
        }

        /// <summary>The text that a token completes. A model may have rows behind its tokenizer's last token: they have no text.</summary>
        private string Decode(TokenDecoder? decoder, int id, bool last) => decoder is null
            ? ""
            : (id < _conversation._client.Tokenizer!.VocabularySize ? decoder.Append(id) : "") + (last ? decoder.Flush() : "");

        private List<GeneratedToken> Take(Step step)
        {
            (int[] chosen, double[] logits, Cost cost) = (step.Chosen, step.Logits, step.Cost);
            Conversation c = _conversation;
            int index = _made++;
            bool last = _made == _options.MaxNewTokens;
            var tokens = new List<GeneratedToken>();
            for (int row = 0; row < chosen.Length; row++)
            {
                (int sequence, int id) = (_running[row], chosen[row]);
                if (!_ended[sequence])
                {
                    _ended[sequence] = _ends.Contains(id);
                    string text = Decode(_decoders[sequence], id, last || _ended[sequence]);
                    double[]? mine = logits.Length > 0 ? logits[(row * c._config.VocabSize)..][..c._config.VocabSize] : null;
                    tokens.Add(new GeneratedToken(sequence, index, id, text, _ended[sequence], cost, mine));
                }

                _next[sequence] = _ended[sequence] && _options.StopEarly ? [] : [id];
            }

            GoesOn = !last && _running.Any(s => _next[s].Length > 0);
            if (!GoesOn && !last)
            {
                SendNext([.. _running.Select(_ => false)]);
            }

            return tokens;
        }

        /// <summary>What one step brought.</summary>
        private sealed class Step(int[] chosen, double[] logits, Cost cost)
        {
            public int[] Chosen => chosen;

            public double[] Logits => logits;

            public Cost Cost => cost;
        }
    }
}
