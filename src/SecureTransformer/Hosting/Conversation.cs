using System.Runtime.CompilerServices;
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
public sealed partial class Conversation : IAsyncDisposable
{
    private readonly InferenceClient _client;
    private readonly DecoderConfig _config;
    private readonly ClientChannels _channels;
    private readonly IChannel[] _parties;
    private readonly PartyLines _lines;
    private readonly int[] _kept;
    private readonly int?[] _pending;
    private SentSoFar? _sent;
    private bool _busy;
    private bool _ended;

    internal Conversation(InferenceClient client, DecoderConfig config, ClientChannels channels, IChannel[] parties, PartyLines lines, int sequences)
    {
        _client = client;
        _config = config;
        _channels = channels;
        _parties = parties;
        _lines = lines;
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
        _lines.Send(HostOperations.Turn, ControlChannel.Encode(turn, ControlJson.Default.GenerationTurn));
    }
}
