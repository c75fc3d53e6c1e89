using System.Runtime.CompilerServices;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Continuing texts.</content>
public sealed partial class InferenceClient
{
    /// <summary>Continues a text, token by token.</summary>
    /// <param name="prompt">The text. It never leaves the client in the clear.</param>
    /// <param name="options">How many tokens, and how they are chosen.</param>
    /// <param name="cancellationToken">Cancels; the parties are told.</param>
    /// <remarks>The parties learn the number of the prompt's tokens and of those computed, and how they are chosen. Leaving the enumeration early ends the computation.</remarks>
    /// <exception cref="ArgumentException">The prompt is empty, or too long for the model with its answer.</exception>
    /// <exception cref="InvalidOperationException">The model does not generate text, or the client has no tokenizer.</exception>
    /// <exception cref="ProtocolException">A party refuses or fails; the message says which and why.</exception>
    /// <exception cref="IOException">A party cannot be reached or does not answer in time.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return GenerateAsync([RequireTokenizer().Encode(prompt).InputIds.ToArray()], options, cancellationToken);
    }

    /// <summary>Continues tokens.</summary>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync([prompt], options, cancellationToken);

    /// <summary>Continues several prompts side by side, in the rounds of one. Their tokens come in turns; see <see cref="GeneratedToken.Sequence"/>.</summary>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions?, CancellationToken)"/>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);

        // What is wrong with the prompts is said before anybody is asked.
        options ??= new GenerationOptions();
        new PromptCheck(RequireDecoder()).Require(prompts, [.. prompts.Select(_ => 0)], options);
        Conversation conversation = await StartConversationAsync(prompts.Count, cancellationToken).ConfigureAwait(false);
        await using (conversation.ConfigureAwait(false))
        {
            await foreach (GeneratedToken token in conversation.GenerateAsync(prompts, options, cancellationToken).ConfigureAwait(false))
            {
                yield return token;
            }
        }
    }

    /// <summary>Starts a conversation: several turns over one cache, which the parties zero at its end. It keeps a place at each party while it lasts.</summary>
    /// <param name="sequences">The number of texts that are continued side by side. Public.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidOperationException">The model does not generate text.</exception>
    /// <exception cref="ProtocolException">A party refuses or fails; the message says which and why.</exception>
    /// <exception cref="IOException">A party cannot be reached or does not answer in time.</exception>
    public async Task<Conversation> StartConversationAsync(int sequences = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        DecoderConfig config = RequireDecoder();
        ClientChannels channels = await _network.ConnectAsync(SessionId.New(), cancellationToken).ConfigureAwait(false);
        try
        {
            IChannel[] parties = [.. Enumerable.Range(0, channels.PartyCount).Select(i => channels[i])];
            channels.Meter.Phase = TrafficPhase.Setup;
            PartyRequest request = RequestOf(PartyRequest.Generate, config.VocabSize);
            request.Sequences = sequences;
            PartyRequests.Send(parties, request);
            await PartyRequests.ProgressAsync(parties, cancellationToken).ConfigureAwait(false);
            return new Conversation(this, config, channels, parties, new PartyLines(parties, _codec, _options), sequences);
        }
        catch (Exception error)
        {
            channels.Abort(error is OperationCanceledException ? "the client cancelled" : $"the client failed with {error.GetType().Name}");
            await channels.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal Tokenizer RequireTokenizer() => _tokenizer ?? throw new InvalidOperationException("The client was made without a tokenizer; give token ids instead.");

    private DecoderConfig RequireDecoder() => _config as DecoderConfig
        ?? throw new InvalidOperationException($"{_config.Source} describes a model of type '{_config.ModelType}', which does not generate text.");
}
