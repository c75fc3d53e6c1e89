namespace SecureTransformer.Transport;

/// <summary>
/// Parties and clients in one process. Frames pass from hand to hand without a copy, within the same bounds as over TCP.
/// Nothing is encrypted, and nobody is authenticated: all parties are this process.
/// </summary>
public sealed class InMemoryNetwork : IAsyncDisposable
{
    private readonly MemoryPartyEndpoint[] _parties;
    private readonly NetworkEmulator? _emulator;
    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionId Id, int Places), MemorySession> _opening = [];
    private int _clients;
    private int _disposed;

    /// <summary>Makes a network.</summary>
    /// <param name="partyCount">The number of parties, at least one.</param>
    /// <param name="options">Bounds, time-outs and emulation; the defaults if null.</param>
    /// <param name="hasDealer">Whether there is a dealer, at the place after the last party.</param>
    /// <exception cref="ArgumentException">The count or an option is out of range.</exception>
    public InMemoryNetwork(int partyCount, TransportOptions? options = null, bool hasDealer = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partyCount, 1);
        Options = options ?? new TransportOptions();
        Options.Validate();
        PartyCount = partyCount;
        HasDealer = hasDealer;
        _parties = new MemoryPartyEndpoint[partyCount + (hasDealer ? 1 : 0)];
        for (int i = 0; i < _parties.Length; i++)
        {
            _parties[i] = new MemoryPartyEndpoint(this, i);
        }

        _emulator = Options.Conditions is null ? null : new NetworkEmulator(Options.Conditions);
    }

    /// <summary>The number of parties, without the dealer.</summary>
    public int PartyCount { get; }

    /// <summary>Whether there is a dealer.</summary>
    public bool HasDealer { get; }

    /// <summary>The dealer's place on this network, always the same object.</summary>
    /// <exception cref="InvalidOperationException">There is no dealer.</exception>
    public IPartyEndpoint Dealer => HasDealer ? _parties[PartyCount] : throw new InvalidOperationException("This network has no dealer.");

    /// <summary>Frames rented, queued or received and not yet disposed: zero when all is put away.</summary>
    public long OutstandingFrames => Pool.Outstanding;

    internal FramePool Pool { get; } = new();

    internal TransportOptions Options { get; }

    internal NetworkEmulator? Emulator => _emulator;

    /// <summary>A party's place on this network, always the same object.</summary>
    /// <param name="id">The party; the number of parties is the dealer's.</param>
    /// <returns>Its endpoint.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public IPartyEndpoint Party(int id) => (uint)id < (uint)_parties.Length
        ? _parties[id]
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"There are {PartyCount} parties{(HasDealer ? " and a dealer" : "")}.");

    /// <summary>A new client's place on this network.</summary>
    /// <returns>Its endpoint.</returns>
    public IClientEndpoint Client() => new MemoryClientEndpoint(this, Interlocked.Increment(ref _clients) - 1);

    /// <summary>Makes all endpoints unusable and drops the frames that an emulated network still holds.</summary>
    /// <returns>A task that ends at once.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (MemoryPartyEndpoint party in _parties)
        {
            await party.DisposeAsync().ConfigureAwait(false);
        }

        _emulator?.Dispose();
    }

    /// <summary>The parties and the dealer.</summary>
    internal int PlaceCount => _parties.Length;

    internal MemoryPartyEndpoint Endpoint(int id) => _parties[id];

    internal string NameOf(int place) => PlaceNames.Of(place, HasDealer ? PartyCount : null);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    /// <summary>Enters a party's opening of a session; the session is complete when all have entered.</summary>
    internal MemorySession Join(SessionId id, int places, int party, TrafficMeter meter)
    {
        lock (_gate)
        {
            if (!_opening.TryGetValue((id, places), out MemorySession? session))
            {
                session = new MemorySession(places);
                _opening.Add((id, places), session);
            }

            if (session.Join(party, meter))
            {
                _opening.Remove((id, places));
                session.Link(id, this);
            }
            else
            {
                session.Missing().ForEach(place => _parties[place].Sessions.Announce(id));
            }

            return session;
        }
    }

    /// <summary>Withdraws a party that waited in vain; the parties that were missing, or none if the session became complete meanwhile.</summary>
    internal IReadOnlyList<int> Leave(SessionId id, int party, MemorySession session)
    {
        lock (_gate)
        {
            if (session.Opened.IsCompleted)
            {
                return [];
            }

            List<int> missing = session.Missing();
            if (session.Leave(party))
            {
                _opening.Remove((id, session.Places));
                Array.ForEach(_parties, place => place.Sessions.Withdraw(id));
            }

            return missing;
        }
    }
}
