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
                        await LoadAsync(client, request, cancellationToken).ConfigureAwait(false);
                        break;
                    case PartyRequest.Classify:
                        await ClassifyAsync(client, request, message, cancellationToken).ConfigureAwait(false);
                        break;
                    default:
                        throw new RefusalException("the request is of a kind this party does not serve");
                }
            }
            catch (Exception error)
            {
                LogFailure(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, error.Message);
                client.Channel.Abort(error is OperationCanceledException ? "the party is stopping" : error.Message);
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

            MpcProtocol protocol = ProtocolNames.Parse(request.Protocol);
            byte[] configuration = Encoding.UTF8.GetBytes(request.Configuration ?? throw new RefusalException("the configuration is missing"));
            ModelArchitecture architecture = ModelArchitecture.Create(ModelConfig.Parse(configuration, "the model owner's configuration"));
            string identity = $"{client.SessionId}/{Convert.ToHexStringLower(SHA256.HashData(configuration))[..16]}";
            ChannelSet channels = await _endpoint.OpenSessionAsync(client.SessionId, cancellationToken).ConfigureAwait(false);
            var options = new SessionOptions { FractionalBits = request.FractionalBits, MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism, Agreement = identity };
            MpcSession? session = null;
            try
            {
                session = await LocalParties.OpenAsync(protocol, channels, options, null, cancellationToken).ConfigureAwait(false);
                session.Meter.Phase = TrafficPhase.Setup;
                SendReady(client.Channel);
                SecureModel model = await architecture.BuildAsync(
                    session, (spec, ct) => session.ImportAsync(client.Channel, spec.Shape, cancellationToken: ct), cancellationToken).ConfigureAwait(false);
                _model = new LoadedModel(identity, protocol, session, model);
            }
            catch
            {
                if (session is not null)
                {
                    await session.DisposeAsync().ConfigureAwait(false);
                }

                await channels.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            SendReady(client.Channel);
            LogLoaded(_options.Logger, _endpoint.PartyId, identity);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task ClassifyAsync(ClientConnection client, PartyRequest request, byte[] message, CancellationToken cancellationToken)
    {
        if (!await _requests.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            throw new RefusalException($"the party computes {_options.MaxConcurrentRequests} requests already, its bound; try again later");
        }

        try
        {
            LoadedModel loaded = _model ?? throw new RefusalException("the party holds no model yet; let the model's owner load one");
            RequireSame("protocol", request.Protocol, ProtocolNames.NameOf(loaded.Protocol));
            RequireSame("number of fractional bits", request.FractionalBits, loaded.Session.FractionalBits);
            if (loaded.Model is not BertClassifier bert)
            {
                throw new RefusalException("the party's model is no classifier");
            }

            BertConfig config = bert.Config;
            int length = request.AttentionMask.Length;
            RequireSame("vocabulary size", request.VocabularySize, config.VocabSize);
            RequireSame("number of positions", request.PositionIds.Length, length);
            if (length < 1 || length > Math.Min(_options.MaxTokens, config.MaxPositionEmbeddings))
            {
                throw new RefusalException($"a request has between 1 and {Math.Min(_options.MaxTokens, config.MaxPositionEmbeddings)} tokens");
            }

            string agreement = $"{loaded.Identity}, request {Convert.ToHexStringLower(SHA256.HashData(message))[..16]}";
            var options = new SessionOptions
            {
                FractionalBits = request.FractionalBits,
                MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism,
                Agreement = agreement,
            };
            ChannelSet channels = await _endpoint.OpenSessionAsync(client.SessionId, cancellationToken).ConfigureAwait(false);
            await using (channels.ConfigureAwait(false))
            {
                MpcSession session = await LocalParties.OpenAsync(loaded.Protocol, channels, options, loaded.Session, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    session.Meter.Phase = TrafficPhase.Setup;
                    SendReady(client.Channel);
                    session.Meter.Phase = TrafficPhase.Online;
                    SecretTensor tokens = await session.ImportAsync(client.Channel, new TensorShape(length, config.VocabSize), 0, cancellationToken).ConfigureAwait(false);
                    SecretTensor types = await session.ImportAsync(client.Channel, new TensorShape(length, config.TypeVocabSize), 0, cancellationToken).ConfigureAwait(false);
                    var input = new BertInput(tokens, types, request.PositionIds, [.. request.AttentionMask.Select(c => c == '1')]);
                    SecretTensor logits = await bert.ForwardAsync(session, input, cancellationToken).ConfigureAwait(false);
                    await session.ExportAsync(client.Channel, logits, cancellationToken).ConfigureAwait(false);
                    SendReport(client.Channel, session.Meter);
                }
            }
        }
        finally
        {
            _requests.Release();
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

    private static void SendReport(IChannel channel, TrafficMeter meter)
    {
        TrafficPhase[] phases = Enum.GetValues<TrafficPhase>();
        var report = new PartyReport
        {
            BytesByPhase = [.. phases.Select(meter.BytesSent)],
            RoundsByPhase = [.. phases.Select(meter.Rounds)],
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

    private sealed class LoadedModel(string identity, MpcProtocol protocol, MpcSession session, SecureModel model)
    {
        public string Identity => identity;

        public MpcProtocol Protocol => protocol;

        public MpcSession Session => session;

        public SecureModel Model => model;
    }

    /// <summary>A request that this party does not serve; the message goes to the client.</summary>
    private sealed class RefusalException(string message) : Exception(message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Party {Party}: the request of {Client} ended: {Reason}")]
    private static partial void LogFailure(ILogger logger, int party, string client, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party} holds its shares of model {Model}")]
    private static partial void LogLoaded(ILogger logger, int party, string model);
}
