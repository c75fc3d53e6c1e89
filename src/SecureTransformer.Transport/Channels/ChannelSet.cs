namespace SecureTransformer.Transport;

/// <summary>One party's links to all other parties, for one session. A dealer, where there is one, has the last place.</summary>
public sealed class ChannelSet : IAsyncDisposable
{
    private readonly IChannel?[] _channels;
    private readonly Action? _onDisposed;
    private int _disposed;

    /// <summary>Puts channels together to a set, which then owns them.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="partyId">The party that holds these ends.</param>
    /// <param name="meter">The meter of this party's session.</param>
    /// <param name="channels">One channel a party; null at <paramref name="partyId"/>, and only there.</param>
    /// <exception cref="ArgumentException">A channel is missing, or one leads to the party itself.</exception>
    public ChannelSet(SessionId sessionId, int partyId, TrafficMeter meter, IReadOnlyList<IChannel?> channels)
        : this(sessionId, partyId, meter, channels, null)
    {
    }

    internal ChannelSet(SessionId sessionId, int partyId, TrafficMeter meter, IReadOnlyList<IChannel?> channels, Action? onDisposed)
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(channels);
        if ((uint)partyId >= (uint)channels.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(partyId), partyId, $"There are {channels.Count} parties.");
        }

        for (int i = 0; i < channels.Count; i++)
        {
            if ((channels[i] is null) != (i == partyId))
            {
                throw new ArgumentException($"Party {partyId} needs a channel to each other party and none to itself; see party {i}.", nameof(channels));
            }
        }

        SessionId = sessionId;
        PartyId = partyId;
        Meter = meter;
        _channels = [.. channels];
        _onDisposed = onDisposed;
    }

    /// <summary>The session.</summary>
    public SessionId SessionId { get; }

    /// <summary>The party that holds these ends.</summary>
    public int PartyId { get; }

    /// <summary>The number of places, this one and a dealer's included.</summary>
    public int PartyCount => _channels.Length;

    /// <summary>The meter of this party's session.</summary>
    public TrafficMeter Meter { get; }

    /// <summary>The channel to another party.</summary>
    /// <param name="peer">The other party.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party, or it is this one.</exception>
    public IChannel this[int peer] => (uint)peer < (uint)_channels.Length && _channels[peer] is { } channel
        ? channel
        : throw new ArgumentOutOfRangeException(nameof(peer), peer, $"Party {PartyId} of {PartyCount} has no channel to party {peer}.");

    /// <summary>Whether a link has ended; see <see cref="IChannel.HasEnded"/>.</summary>
    public bool HasEnded => EndedPeer is not null;

    /// <summary>A peer whose link has ended, as errors name it; null while there is none.</summary>
    public string? EndedPeer => Array.Find(_channels, channel => channel is { HasEnded: true })?.PeerName;

    /// <summary>Ends the session on all links and tells the peers why; see <see cref="IChannel.Abort"/>.</summary>
    /// <param name="reason">A fixed public text.</param>
    public void Abort(string reason)
    {
        foreach (IChannel? channel in _channels)
        {
            channel?.Abort(reason);
        }
    }

    /// <summary>The same set with other channels in the place of these, which own them; this one is not used any more.</summary>
    internal ChannelSet With(Func<int, IChannel, IChannel> wrap) =>
        new(SessionId, PartyId, Meter, [.. _channels.Select((channel, peer) => channel is null ? null : wrap(peer, channel))], _onDisposed);

    /// <summary>Sends what is queued, within the close time-out, and closes all links.</summary>
    /// <returns>A task that ends when the links are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await Task.WhenAll(_channels.Where(c => c is not null).Select(c => c!.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
        finally
        {
            _onDisposed?.Invoke();
        }
    }
}
