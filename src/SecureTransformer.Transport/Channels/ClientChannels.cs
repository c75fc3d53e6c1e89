namespace SecureTransformer.Transport;

/// <summary>A client's links to all parties, for one session.</summary>
public sealed class ClientChannels : IAsyncDisposable
{
    private readonly IChannel[] _channels;

    /// <summary>Puts channels together to a set, which then owns them.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="meter">The meter of this client's session.</param>
    /// <param name="channels">One channel a party, by party id.</param>
    public ClientChannels(SessionId sessionId, TrafficMeter meter, IReadOnlyList<IChannel> channels)
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(channels);
        SessionId = sessionId;
        Meter = meter;
        _channels = [.. channels];
    }

    /// <summary>The session.</summary>
    public SessionId SessionId { get; }

    /// <summary>The number of parties.</summary>
    public int PartyCount => _channels.Length;

    /// <summary>The meter of this client's session.</summary>
    public TrafficMeter Meter { get; }

    /// <summary>The channel to a party.</summary>
    /// <param name="party">The party.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public IChannel this[int party] => (uint)party < (uint)_channels.Length
        ? _channels[party]
        : throw new ArgumentOutOfRangeException(nameof(party), party, $"There are {PartyCount} parties.");

    /// <summary>Ends the session on all links and tells the parties why; see <see cref="IChannel.Abort"/>.</summary>
    /// <param name="reason">A fixed public text.</param>
    public void Abort(string reason)
    {
        foreach (IChannel channel in _channels)
        {
            channel.Abort(reason);
        }
    }

    /// <summary>Sends what is queued, within the close time-out, and closes all links.</summary>
    /// <returns>A task that ends when the links are closed.</returns>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_channels.Select(c => c.DisposeAsync().AsTask())).ConfigureAwait(false);
}
