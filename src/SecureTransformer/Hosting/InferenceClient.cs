using System.Diagnostics;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// Asks the parties to compute a model on the client's text: splits the tokens into shares, and puts the answer together from the parties' shares.
/// </summary>
/// <remarks>
/// The parties learn the length of the text and its padding mask, and of an answer how many tokens were computed. The client learns the logits, or with private sampling
/// the tokens alone. Each request has a session of its own; requests may run at once.
/// </remarks>
public sealed partial class InferenceClient : IAsyncDisposable
{
    private readonly IClientEndpoint _network;
    private readonly InferenceOptions _options;
    private readonly ModelConfig _config;
    private readonly Tokenizer? _tokenizer;
    private readonly ShareCodec _codec;
    private readonly PartyIdentity? _identity;
    private readonly string _configurationDigest;

    /// <summary>Makes a client.</summary>
    /// <param name="network">The client's end of the network; the client owns it.</param>
    /// <param name="config">The model's public configuration.</param>
    /// <param name="tokenizer">The model's tokenizer; null where only token ids are given.</param>
    /// <param name="options">Protocol and precision, as the parties have them.</param>
    /// <exception cref="ArgumentException">The model's vocabulary is not the tokenizer's, or the protocol does not run between the network's parties.</exception>
    public InferenceClient(IClientEndpoint network, ModelConfig config, Tokenizer? tokenizer, InferenceOptions? options = null)
        : this(network, config, tokenizer, options, null)
    {
    }

    /// <param name="network">The client's end of the network; the client owns it.</param>
    /// <param name="config">The model's public configuration.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Protocol and precision.</param>
    /// <param name="identity">The client's key, disposed with the client; null where the network has none of its own.</param>
    /// <param name="codec">How values are split, and put together; null for that of the protocol.</param>
    internal InferenceClient(IClientEndpoint network, ModelConfig config, Tokenizer? tokenizer, InferenceOptions? options, PartyIdentity? identity, ShareCodec? codec = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        _options = options ?? new InferenceOptions();
        _options.Validate();
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        _codec = codec ?? _options.CodecFor(network);
        RequireVocabulary(_config, tokenizer);

        _network = network;
        _tokenizer = tokenizer;
        _identity = identity;
        _configurationDigest = PublicDigest.Of(_config);
        Functions = _options.Nonlinear.For(_config);
    }

    /// <summary>The labels, in the model's order; none where the model does not classify.</summary>
    public IReadOnlyList<string> Labels => (_config as BertConfig)?.Labels ?? [];

    /// <summary>The model's public configuration.</summary>
    public ModelConfig Config => _config;

    /// <summary>The functions that the model is computed with; parties that compute with others refuse.</summary>
    public ModelFunctions Functions { get; }

    internal Tokenizer? Tokenizer => _tokenizer;

    internal InferenceOptions Options => _options;

    /// <summary>The number of parties, without a dealer.</summary>
    public int PartyCount => _codec.PartyCount;

    /// <summary>Connects to parties elsewhere, as a client file says; see <see cref="ClientFile"/>.</summary>
    public static InferenceClient Connect(string clientFile, TransportOptions? transport = null) => ClientFile.Load(clientFile).CreateClient(transport);

    /// <summary>Classifies a text.</summary>
    /// <param name="text">The text. It never leaves the client in the clear.</param>
    /// <param name="progress">Told where the request stands.</param>
    /// <param name="cancellationToken">Cancels; the parties are told.</param>
    /// <exception cref="ArgumentException">The text is too long for the model.</exception>
    /// <exception cref="InvalidOperationException">The model does not classify.</exception>
    /// <exception cref="ProtocolException">A party refuses or fails; the message says which and why.</exception>
    /// <exception cref="IOException">A party cannot be reached or does not answer in time.</exception>
    public Task<Classification> ClassifyAsync(string text, IProgress<InferenceProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_tokenizer is null)
        {
            throw new InvalidOperationException("The client was made without a tokenizer; give token ids instead.");
        }

        TokenEncoding encoding = _tokenizer.Encode(text);
        var input = new ClassificationInput { InputIds = encoding.InputIds.ToArray(), TokenTypeIds = encoding.TokenTypeIds.ToArray() };
        return ClassifyAsync(input, progress, cancellationToken);
    }

    /// <summary>Classifies tokens.</summary>
    /// <inheritdoc cref="ClassifyAsync(string, IProgress{InferenceProgress}?, CancellationToken)"/>
    public async Task<Classification> ClassifyAsync(ClassificationInput input, IProgress<InferenceProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        BertConfig config = _config as BertConfig ?? throw new InvalidOperationException($"{_config.Source} describes a model of type '{_config.ModelType}', which generates text and does not classify.");
        ClassificationInput complete = input.Complete(config, _options.PadTo);
        progress?.Report(new InferenceProgress("connecting"));
        ClientChannels channels = await _network.ConnectAsync(SessionId.New(), cancellationToken).ConfigureAwait(false);
        await using (channels.ConfigureAwait(false))
        {
            try
            {
                return await ClassifyAsync(channels, config, complete, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                channels.Abort(error is OperationCanceledException ? "the client cancelled" : $"the client failed with {error.GetType().Name}");
                throw;
            }
        }
    }

    /// <summary>Frees the client's end of the network.</summary>
    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync().ConfigureAwait(false);
        _identity?.Dispose();
    }

    private async Task<Classification> ClassifyAsync(
        ClientChannels channels, BertConfig config, ClassificationInput input, IProgress<InferenceProgress>? progress, CancellationToken cancellationToken)
    {
        IChannel[] parties = [.. Enumerable.Range(0, channels.PartyCount).Select(i => channels[i])];
        channels.Meter.Phase = TrafficPhase.Setup;
        PartyRequest request = RequestOf(PartyRequest.Classify, config.VocabSize);
        request.AttentionMask = string.Concat(input.AttentionMask.Select(m => m == 1 ? '1' : '0'));
        request.PositionIds = [.. input.PositionIds];
        PartyRequests.Send(parties, request);
        await PartyRequests.ProgressAsync(parties, cancellationToken).ConfigureAwait(false);

        progress?.Report(new InferenceProgress("sharing the text"));
        int clock = channels.Meter.Clock;
        long started = Stopwatch.GetTimestamp();
        channels.Meter.Phase = TrafficPhase.Input;
        await SendOneHotAsync(parties, input.InputIds, config.VocabSize, "tokens", cancellationToken).ConfigureAwait(false);
        await SendOneHotAsync(parties, input.TokenTypeIds, config.TypeVocabSize, "token types", cancellationToken).ConfigureAwait(false);

        progress?.Report(new InferenceProgress("computing"));
        var lines = new PartyLines(parties, _codec, _options);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            await lines.ProgressAsync(cancellationToken).ConfigureAwait(false);
            progress?.Report(new InferenceProgress("computing", (layer + 1.0) / config.NumHiddenLayers));
        }

        channels.Meter.Phase = TrafficPhase.Output;
        ReceivedValues logits = await lines.CollectAsync(config.NumLabels, _options.FractionalBits, cancellationToken).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        int endClock = channels.Meter.Clock;

        PartyReport?[] reports = await lines.ReportsAsync(cancellationToken).ConfigureAwait(false);
        return new Classification(logits.Values, config.Labels, Costs.Between(seconds, clock, endClock, Costs.Sent(channels.Meter), reports, MpcProtocols.HasDealer(_options.Protocol)), logits.Faults);
    }

    /// <summary>
    /// A tokenizer of another size would give the tokens other numbers than the model knows them by; decoders often have rows to spare behind their last token.
    /// </summary>
    internal static void RequireVocabulary(ModelConfig model, Tokenizer? tokenizer)
    {
        int vocabulary = VocabularyOf(model);
        if (tokenizer is not null && (model is BertConfig ? tokenizer.VocabularySize != vocabulary : tokenizer.VocabularySize > vocabulary))
        {
            throw new ArgumentException(
                $"The tokenizer's vocabulary has {tokenizer.VocabularySize} entries and the model's {vocabulary}: they do not belong together.", nameof(tokenizer));
        }
    }

    private static int VocabularyOf(ModelConfig config) => config switch
    {
        BertConfig bert => bert.VocabSize,
        DecoderConfig decoder => decoder.VocabSize,
        _ => throw new ArgumentException($"Models of type '{config.ModelType}' are not supported.", nameof(config)),
    };

    private PartyRequest RequestOf(string kind, int vocabulary) => new()
    {
        Kind = kind,
        Protocol = ProtocolNames.NameOf(_options.Protocol),
        Threshold = _options.StatedThreshold(PartyCount),
        FractionalBits = _options.FractionalBits,
        LibraryVersion = HostVersion.Current,
        ConfigurationDigest = _configurationDigest,
        Functions = Functions.Description,
        VocabularySize = vocabulary,
    };

    internal ValueTask SendOneHotAsync(IChannel[] parties, IReadOnlyList<int> ids, int extent, string name, CancellationToken cancellationToken) =>
        _codec.SendAsync(
            parties,
            checked(ids.Count * extent),
            0,
            name,
            (start, destination) =>
            {
                destination.Clear();
                for (int row = start / extent; row < ids.Count && row * extent < start + destination.Length; row++)
                {
                    int at = (row * extent) + ids[row] - start;
                    if ((uint)at < (uint)destination.Length)
                    {
                        destination[at] = 1;
                    }
                }
            },
            cancellationToken);
}
