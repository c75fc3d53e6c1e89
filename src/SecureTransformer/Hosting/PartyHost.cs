using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// One party as a server: takes its shares of a model from the model's owner, once, and serves clients' requests, each in a session of its own
/// with its own connections, keys, counters and buffers.
/// </summary>
/// <remarks>A party learns the model's configuration and, of each request, its length and padding mask; never weights, tokens or answers.</remarks>
public sealed partial class PartyHost : IAsyncDisposable
{
    private readonly IPartyEndpoint _endpoint;
    private readonly PartyHostOptions _options;
    private readonly SemaphoreSlim _requests;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Task> _running = [];
    private LoadedModel? _model;

    /// <summary>Makes a host on an endpoint, which it owns.</summary>
    public PartyHost(IPartyEndpoint endpoint, PartyHostOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _endpoint = endpoint;
        _options = options ?? new PartyHostOptions();
        _options.Validate();
        _requests = new SemaphoreSlim(_options.MaxConcurrentRequests, _options.MaxConcurrentRequests);
    }

    /// <summary>Serves until cancelled or disposed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            while (true)
            {
                ClientConnection client = await _endpoint.AcceptClientAsync(linked.Token).ConfigureAwait(false);
                Task serving = ServeAsync(client, linked.Token);
                lock (_running)
                {
                    _running.Add(serving);
                }

                _ = serving.ContinueWith(
                    finished =>
                    {
                        lock (_running)
                        {
                            _running.Remove(finished);
                        }
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
        }
        catch (ObjectDisposedException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Stops serving, ends running requests, and zeroes and frees the model's shares.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_running)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        if (_model is { } model)
        {
            model.Model.Dispose();
            await model.Session.DisposeAsync().ConfigureAwait(false);
        }

        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _requests.Dispose();
        _loading.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(ClientConnection client, CancellationToken cancellationToken)
    {
        await using (client.ConfigureAwait(false))
        {
            try
            {
                byte[] message = await ControlChannel.ReceiveAsync(client.Channel, HostOperations.Request, cancellationToken).ConfigureAwait(false);
                PartyRequest request = ControlChannel.Decode(message, ControlJson.Default.PartyRequest, client.Channel.PeerName);
                RequireVersion(request);
                switch (request.Kind)
                {
                    case PartyRequest.Check:
                        SendReady(client.Channel);
                        break;
                    case PartyRequest.Load:
                        Require(_options.Owners, client, "model owner");
                        await LoadAsync(client, request, cancellationToken).ConfigureAwait(false);
                        break;
                    case PartyRequest.Classify:
                        Require(_options.Clients, client, "client");
                        await ClassifyAsync(client, request, message, cancellationToken).ConfigureAwait(false);
                        break;
                    default:
                        throw new RefusalException("the request is of a kind this party does not serve");
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                LogGone(_options.Logger, _endpoint.PartyId, client.Channel.PeerName);
                client.Channel.Abort("the client ended the request");
            }
            catch (Exception error)
            {
                LogFailure(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, Printable(error.Message));
                client.Channel.Abort(ReasonFor(error));
            }
        }
    }

    private async Task LoadAsync(ClientConnection client, PartyRequest request, CancellationToken cancellationToken)
    {
        if (!await _loading.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            throw new RefusalException("another model is being loaded");
        }

        try
        {
            if (_model is not null)
            {
                throw new RefusalException("this party already holds a model; restart it to load another");
            }

            MpcProtocol protocol = ProtocolNames.Find(request.Protocol) ?? throw new RefusalException($"there is no such protocol; there are {string.Join(", ", ProtocolNames.All)}");
            byte[] configuration = Encoding.UTF8.GetBytes(request.Configuration ?? throw new RefusalException("the configuration is missing"));
            ModelArchitecture architecture = ModelArchitecture.Create(ModelConfig.Parse(configuration, "the model owner's configuration"));
            RequireRoom(architecture);
            string identity = $"{client.SessionId}/{DigestOf(configuration)}";
            var options = new SessionOptions { FractionalBits = request.FractionalBits, MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism, Agreement = identity };
            MpcSession? session = null;
            SecureModel? model = null;
            try
            {
                // The weights outlive the session's links: requests have their own.
                ChannelSet channels = await OpenLinksAsync(client, cancellationToken).ConfigureAwait(false);
                await using (channels.ConfigureAwait(false))
                {
                    session = await OpenSessionAsync(client, channels, protocol, options, null, cancellationToken).ConfigureAwait(false);
                    session.Meter.Phase = TrafficPhase.Setup;
                    SendReady(client.Channel);
                    model = await architecture.BuildAsync(
                        session,
                        async (spec, ct) =>
                        {
                            SecretTensor weight = await session.ImportAsync(client.Channel, spec.Shape, cancellationToken: ct).ConfigureAwait(false);
                            ControlChannel.Signal(client.Channel, HostOperations.Progress);
                            return weight;
                        },
                        cancellationToken).ConfigureAwait(false);
                }

                // The model counts when all parties have it: when the owner has heard so from each.
                SendReady(client.Channel);
                await ControlChannel.AwaitSignalAsync(client.Channel, HostOperations.Commit, cancellationToken).ConfigureAwait(false);
                _model = new LoadedModel(identity, DigestOf(configuration), protocol, session, model);
                SendReady(client.Channel);
            }
            catch when (_model is null)
            {
                model?.Dispose();
                if (session is not null)
                {
                    await session.DisposeAsync().ConfigureAwait(false);
                }

                throw;
            }

            LogLoaded(_options.Logger, _endpoint.PartyId, identity);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Refuses a model that does not fit, before anything is allocated for it: two words a weight, and as much again for the largest tensor while it is arranged.</summary>
    private void RequireRoom(ModelArchitecture architecture)
    {
        const long BytesPerWeight = 2 * sizeof(ulong);
        long bytes = BytesPerWeight * (architecture.Weights.Sum(w => (long)w.Shape.Count) + architecture.Weights.Max(w => (long)w.Shape.Count));
        if (bytes > _options.MaxModelBytes)
        {
            throw new RefusalException($"the model's shares need {bytes >> 20} MiB and this party has {_options.MaxModelBytes >> 20} MiB for a model");
        }
    }

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

    private async Task<ChannelSet> OpenLinksAsync(ClientConnection client, CancellationToken cancellationToken)
    {
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            return await _endpoint.OpenSessionAsync(client.SessionId, watch.Token).ConfigureAwait(false);
        }
    }

    private static async Task<MpcSession> OpenSessionAsync(
        ClientConnection client, ChannelSet channels, MpcProtocol protocol, SessionOptions options, MpcSession? parent, CancellationToken cancellationToken)
    {
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            return await LocalParties.OpenAsync(protocol, channels, options, parent, watch.Token).ConfigureAwait(false);
        }
    }

    /// <summary>What a client is told: what is about its request or the network; nothing of a failure inside the party.</summary>
    private static string ReasonFor(Exception error) => error switch
    {
        OperationCanceledException => "the party is stopping",
        RefusalException or ProtocolException or InvalidDataException or NotSupportedException or IOException => error.Message,
        _ => "the party failed; its log says why",
    };

    /// <summary>A message may quote what a client sent: no line of the log is of its making.</summary>
    private static string Printable(string text) => string.Concat(text.Take(500).Select(c => char.IsControl(c) ? '?' : c));

    private static string DigestOf(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text))[..16];

    private static void Require(IReadOnlyCollection<string>? listed, ClientConnection client, string role)
    {
        if (listed is not null && !listed.Contains(client.ClientIdentity))
        {
            throw new RefusalException($"this key is not listed as that of a {role}");
        }
    }

    private void SendReady(IChannel channel)
    {
        TrafficPhase phase = channel.Meter.Phase;
        channel.Meter.Phase = TrafficPhase.Setup;
        ControlChannel.Send(
            channel,
            HostOperations.Ready,
            new PartyReady { LibraryVersion = HostVersion.Current, Time = DateTimeOffset.UtcNow, Model = _model?.Identity },
            ControlJson.Default.PartyReady);
        channel.Meter.Phase = phase;
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

    private static void RequireVersion(PartyRequest request)
    {
        if (request.LibraryVersion != HostVersion.Current)
        {
            throw new RefusalException($"the party runs version {HostVersion.Current} of the library, the client another");
        }
    }

    private static void RequireSame<T>(string what, T theirs, T ours)
    {
        if (!EqualityComparer<T>.Default.Equals(theirs, ours))
        {
            throw new RefusalException($"the request has the {what} {theirs}, the party's model {ours}");
        }
    }

    private sealed class LoadedModel(string identity, string configurationDigest, MpcProtocol protocol, MpcSession session, SecureModel model)
    {
        public string Identity => identity;

        public string ConfigurationDigest => configurationDigest;

        public MpcProtocol Protocol => protocol;

        public MpcSession Session => session;

        public SecureModel Model => model;
    }

    /// <summary>A request that this party does not serve; the message goes to the client.</summary>
    private sealed class RefusalException(string message) : Exception(message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Party {Party}: the request of {Client} ended: {Reason}")]
    private static partial void LogFailure(ILogger logger, int party, string client, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party}: {Client} ended its request")]
    private static partial void LogGone(ILogger logger, int party, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party} holds its shares of model {Model}")]
    private static partial void LogLoaded(ILogger logger, int party, string model);
}
