namespace SecureTransformer.Transport;

/// <summary>
/// The sessions of one party: a meter each, shared by the links to the parties and to the client; no id used twice;
/// at most so many open. The last 4,096 closed ids are remembered.
/// </summary>
internal sealed class SessionRegistry(string localName, int maxSessions, int maxClients)
{
    private const int Remembered = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, Entry> _entries = [];
    private readonly Queue<SessionId> _closed = new();
    private int _sessions;
    private int _clients;

    internal TrafficMeter OpenSession(SessionId id)
    {
        lock (_gate)
        {
            Entry entry = Find(id);
            if (entry.UsedByParty)
            {
                throw new InvalidOperationException($"Session {id} was already opened at {localName}.");
            }

            if (_sessions >= maxSessions)
            {
                throw new InvalidOperationException($"{localName} has {maxSessions} sessions open, its maximum.");
            }

            _entries[id] = entry;
            _sessions++;
            entry.UsedByParty = true;
            entry.Open++;
            return entry.Meter;
        }
    }

    /// <summary>A place for a client, or null and a text fit for the newcomer.</summary>
    internal TrafficMeter? OpenClient(SessionId id, out string refusal)
    {
        lock (_gate)
        {
            Entry entry = Find(id);
            if (entry.UsedByClient)
            {
                refusal = "duplicate session";
                return null;
            }

            if (_clients >= maxClients)
            {
                refusal = "too many clients";
                return null;
            }

            _entries[id] = entry;
            _clients++;
            entry.UsedByClient = true;
            entry.Open++;
            refusal = string.Empty;
            return entry.Meter;
        }
    }

    internal void CloseSession(SessionId id)
    {
        lock (_gate)
        {
            _sessions--;
            Close(id);
        }
    }

    internal void CloseClient(SessionId id)
    {
        lock (_gate)
        {
            _clients--;
            Close(id);
        }
    }

    private Entry Find(SessionId id) => _entries.TryGetValue(id, out Entry? entry) ? entry : new Entry();

    private void Close(SessionId id)
    {
        Entry entry = _entries[id];
        if (--entry.Open > 0)
        {
            return;
        }

        if (!entry.Remembered)
        {
            entry.Remembered = true;
            _closed.Enqueue(id);
        }

        while (_closed.Count > Remembered)
        {
            SessionId oldest = _closed.Dequeue();
            if (_entries[oldest].Open == 0)
            {
                _entries.Remove(oldest);
            }
            else
            {
                _entries[oldest].Remembered = false;
            }
        }
    }

    private sealed class Entry
    {
        internal TrafficMeter Meter { get; } = new();

        internal bool UsedByParty { get; set; }

        internal bool UsedByClient { get; set; }

        internal bool Remembered { get; set; }

        internal int Open { get; set; }
    }
}
