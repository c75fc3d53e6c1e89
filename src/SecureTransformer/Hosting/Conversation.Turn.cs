using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>One turn of a conversation.</content>
public sealed partial class Conversation
{
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
                await c._lines.ProgressAsync(cancellationToken).ConfigureAwait(false);
            }

            (int[] chosen, double[] logits, IReadOnlyList<PartyFault> faults) = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            int end = c._channels.Meter.Clock;
            PartyReport?[] reports = await c._lines.ReportsAsync(cancellationToken).ConfigureAwait(false);

            // Of a party that did not report, the last report counts on.
            var sent = new SentSoFar(Costs.Sent(c._channels.Meter), [.. reports.Select((report, party) => report ?? c._sent?.Parties[party])]);
            Cost cost = Costs.Between(seconds, clock, end, sent.Client, reports, MpcProtocols.HasDealer(c._client.Options.Protocol), c._sent);
            c._sent = sent;
            _stepping = false;
            return new Step(chosen, _options.IncludeLogits ? logits : [], cost, faults);
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
            _conversation._lines.Send(HostOperations.Next, [.. goesOn.Select(on => on ? (byte)1 : (byte)0)]);
        }

        /// <summary>The tokens that follow, and the logits where the client chooses.</summary>
        private async ValueTask<(int[] Chosen, double[] Logits, IReadOnlyList<PartyFault> Faults)> ReceiveAsync(CancellationToken cancellationToken)
        {
            Conversation c = _conversation;
            int vocabulary = c._config.VocabSize;
            if (_sampler is null)
            {
                ReceivedValues ids = await c._lines.CollectAsync(_running.Length, 0, cancellationToken).ConfigureAwait(false);
                return ([.. ids.Values.Select(id => id >= 0 && id < vocabulary ? (int)id : throw new ProtocolException("The parties sent a token outside the vocabulary."))], [], ids.Faults);
            }

            ReceivedValues received = await c._lines.CollectAsync(_running.Length * vocabulary, c._client.Options.FractionalBits, cancellationToken).ConfigureAwait(false);
            double[] logits = received.Values;
            return ([.. Enumerable.Range(0, _running.Length).Select(row => _sampler.Choose(logits.AsSpan(row * vocabulary, vocabulary)))], logits, received.Faults);
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
                    tokens.Add(new GeneratedToken(sequence, index, id, text, _ended[sequence], cost, mine, step.Faults));
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
        private sealed class Step(int[] chosen, double[] logits, Cost cost, IReadOnlyList<PartyFault> faults)
        {
            public int[] Chosen => chosen;

            public double[] Logits => logits;

            public Cost Cost => cost;

            public IReadOnlyList<PartyFault> Faults => faults;
        }
    }
}
