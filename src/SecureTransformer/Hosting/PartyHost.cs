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
    private readonly ComputePlaces _places;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly RunningTasks _running = new();
    private readonly HostMaterial? _material;
    private LoadedModel? _model;

    /// <summary>Makes a host on an endpoint, which it owns.</summary>
    /// <exception cref="ArgumentException">The endpoint is the dealer's, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">The stored material is damaged; the message names the file.</exception>
    /// <exception cref="IOException">The stored material is open elsewhere, or the folder for profiles cannot be made.</exception>
    public PartyHost(IPartyEndpoint endpoint, PartyHostOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.HasDealer && endpoint.PartyId == endpoint.PartyCount - 1)
        {
            throw new ArgumentException("The endpoint is the dealer's; a DealerHost serves there.", nameof(endpoint));
        }

        _options = options ?? new PartyHostOptions();
        _options.Validate();
        _endpoint = _options.Faults?.Attach(endpoint) ?? endpoint;
        if (_options.ProfileDirectory is { } profiles)
        {
            Directory.CreateDirectory(profiles);
        }

        _material = _options.MaterialDirectory is { } material ? new HostMaterial(material, _options.MaxRunsPerClient) : null;
        _places = new ComputePlaces(_options.Places, _options.IdleMemoryTimeout, () => _model?.Session.Trim());
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
                _running.Add(ServeAsync(client, linked.Token));
            }
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
        }
        catch (ObjectDisposedException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Stops serving, ends running requests, and zeroes and frees the model's shares, in memory and on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.AllAsync().ConfigureAwait(false);
        if (_model is { } model)
        {
            model.Model.Dispose();
            await model.Session.DisposeAsync().ConfigureAwait(false);
            model.Shares?.Dispose();
        }

        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _material?.Dispose();
        _places.Dispose();
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
                    case PartyRequest.Generate:
                        Require(_options.Clients, client, "client");
                        await GenerateAsync(client, request, message, cancellationToken).ConfigureAwait(false);
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

    private async Task<ChannelSet> OpenLinksAsync(ClientConnection client, MpcProtocol protocol, CancellationToken cancellationToken)
    {
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            return await _endpoint.OpenSessionAsync(client.SessionId, NeedsDealer(protocol), watch.Token).ConfigureAwait(false);
        }
    }

    private static async Task<MpcSession> OpenSessionAsync(
        ClientConnection client, ChannelSet channels, MpcProtocol protocol, SessionOptions options, MpcSession? parent, CancellationToken cancellationToken)
    {
        var watch = new ClientWatch(client.Channel, cancellationToken);
        await using (watch.ConfigureAwait(false))
        {
            return await MpcProtocols.OpenSessionAsync(protocol, channels, options, parent, watch.Token).ConfigureAwait(false);
        }
    }

    /// <summary>What a client is told: what is about its request or the network; nothing of a failure inside the party, and no path of its files.</summary>
    private string ReasonFor(Exception error) => error switch
    {
        OperationCanceledException => "the party is stopping",
        RefusalException or ProtocolException or InvalidDataException or NotSupportedException or IOException when !NamesFilesOfThisParty(error.Message) => error.Message,
        RefusalException or ProtocolException or InvalidDataException or NotSupportedException or IOException => "the party cannot use its files; its log says why",
        _ => "the party failed; its log says why",
    };

    private bool NamesFilesOfThisParty(string message) => new[] { _options.ShareDirectory, _options.MaterialDirectory }
        .Any(folder => folder is not null && (message.Contains(folder, StringComparison.Ordinal) || message.Contains(Path.GetFullPath(folder), StringComparison.Ordinal)));

    /// <summary>A message may quote what a client sent: no line of the log is of its making.</summary>
    private static string Printable(string text) => string.Concat(text.Take(500).Select(c => char.IsControl(c) ? '?' : c));

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Party {Party}: the request of {Client} ended: {Reason}")]
    private static partial void LogFailure(ILogger logger, int party, string client, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party}: {Client} ended its request")]
    private static partial void LogGone(ILogger logger, int party, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party}: the conversation with {Client} is over; its cache of {Tokens} tokens is zeroed")]
    private static partial void LogConversationEnded(ILogger logger, int party, string client, int tokens);
}
