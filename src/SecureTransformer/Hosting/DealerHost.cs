using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// The dealer of additive sharing as a server: joins each session that the parties open, and deals to it until they end it. One session's failure ends that session alone.
/// </summary>
/// <remarks>
/// The dealer learns public shapes: what kinds of operations run and how large they are. It must compute honestly and collude with no party; see docs/protocols/additive.md.
/// </remarks>
public sealed class DealerHost : IAsyncDisposable
{
    private readonly IPartyEndpoint _endpoint;
    private readonly DealerHostOptions _options;
    private readonly SemaphoreSlim _places;
    private readonly DealerMemory _memory;
    private readonly CancellationTokenSource _stopping = new();
    private readonly RunningTasks _running = new();

    /// <summary>Makes a host on the dealer's endpoint, which it owns.</summary>
    /// <param name="endpoint">The dealer's place on the parties' network.</param>
    /// <param name="options">Bounds and messages; the defaults if null.</param>
    /// <exception cref="ArgumentException">The endpoint is a party's, an option is out of range, or there are not 2 to 8 parties.</exception>
    public DealerHost(IPartyEndpoint endpoint, DealerHostOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        int parties = endpoint.PartyCount - 1;
        if (!endpoint.HasDealer || endpoint.PartyId != parties)
        {
            throw new ArgumentException("The endpoint is not that of a network's dealer.", nameof(endpoint));
        }

        _ = MpcProtocols.PartyCountOf(MpcProtocol.Additive, parties);
        _endpoint = endpoint;
        _options = options ?? new DealerHostOptions();
        _options.Validate();
        _memory = new DealerMemory(_options.MaxMaskBytes);
        _places = new SemaphoreSlim(_options.MaxSessions, _options.MaxSessions);
    }

    /// <summary>Deals until cancelled or disposed.</summary>
    /// <param name="cancellationToken">Stops; the parties of running sessions are told.</param>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            while (true)
            {
                await _places.WaitAsync(linked.Token).ConfigureAwait(false);
                SessionId session = await _endpoint.AcceptSessionAsync(linked.Token).ConfigureAwait(false);
                _running.Add(ServeAsync(session, linked.Token));
            }
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
        }
        catch (ObjectDisposedException) when (_stopping.IsCancellationRequested)
        {
        }

        // The token is theirs, too.
        await _running.AllAsync().ConfigureAwait(false);
    }

    /// <summary>Stops dealing and ends running sessions; their seeds are zeroed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.AllAsync().ConfigureAwait(false);
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _places.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(SessionId session, CancellationToken cancellationToken)
    {
        // The loop that accepts goes on at once.
        await Task.Yield();
        try
        {
            ChannelSet channels = await _endpoint.OpenSessionAsync(session, cancellationToken).ConfigureAwait(false);
            DealerLog.Began(_options.Logger, session);
            await Dealer.ServeAsync(channels, _options.MaxDegreeOfParallelism, _memory, cancellationToken).ConfigureAwait(false);
            long dealt = channels.Meter.BytesSent(TrafficPhase.Offline);
            DealerLog.Ended(_options.Logger, session, dealt);
        }
        catch (OperationCanceledException)
        {
            DealerLog.Left(_options.Logger, session, "the dealer is stopping");
        }
        catch (PeerLostException error)
        {
            // Parties that only load a model need nothing more of the dealer, and close.
            DealerLog.Left(_options.Logger, session, error.Message);
        }
        catch (Exception error)
        {
            DealerLog.SessionFailed(_options.Logger, session, error.Message);
        }
        finally
        {
            _places.Release();
        }
    }
}
