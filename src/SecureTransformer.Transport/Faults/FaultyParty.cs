namespace SecureTransformer.Transport;

/// <summary>A party with faults: its sessions that are open, which die together.</summary>
internal sealed class FaultyParty(ChannelFaults faults)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, FaultySession> _sessions = [];
    private int _opened;

    internal ChannelFaults Faults => faults;

    internal ChannelSet Attach(ChannelSet channels) => channels.With((peer, channel) => Attach(channels.SessionId, peer, channel));

    internal ClientConnection Attach(ClientConnection client) => new(client.SessionId, client.ClientIdentity, Attach(client.SessionId, null, client.Channel));

    internal void Die()
    {
        FaultyChannel[] channels;
        lock (_gate)
        {
            channels = [.. _sessions.Values.SelectMany(session => session.Channels)];
        }

        Array.ForEach(channels, channel => channel.Cut());
    }

    internal void Leave(FaultyChannel channel, FaultySession session)
    {
        lock (_gate)
        {
            session.Channels.Remove(channel);
            if (session.Channels.Count == 0)
            {
                _sessions.Remove(session.Id);
            }
        }
    }

    /// <summary>Links to parties and a client of one session come one after the other, and share its faults.</summary>
    private FaultyChannel Attach(SessionId id, int? peer, IChannel channel)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out FaultySession? session))
            {
                session = new FaultySession(id, _opened++);
                _sessions.Add(id, session);
            }

            var faulty = new FaultyChannel(this, session, peer, channel);
            session.Channels.Add(faulty);
            return faulty;
        }
    }
}

/// <summary>A session of a party with faults.</summary>
internal sealed class FaultySession(SessionId id, int number)
{
    private volatile bool _silent;

    internal SessionId Id => id;

    internal int Number => number;

    internal bool IsSilent => _silent;

    /// <summary>Guarded by the party.</summary>
    internal List<FaultyChannel> Channels { get; } = [];

    internal void Silence() => _silent = true;
}
