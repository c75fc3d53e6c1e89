namespace SecureTransformer.Transport;

/// <summary>A session of an in-memory network while its places open it.</summary>
internal sealed class MemorySession(int places)
{
    private readonly TrafficMeter?[] _meters = new TrafficMeter?[places];
    private readonly MemoryChannel?[][] _channels = new MemoryChannel?[places][];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Places => places;

    internal Task Opened => _opened.Task;

    internal MemoryChannel?[] Channels(int party) => _channels[party];

    /// <summary>True if this was the last party to join.</summary>
    internal bool Join(int party, TrafficMeter meter)
    {
        _meters[party] = meter;
        return Array.TrueForAll(_meters, m => m is not null);
    }

    /// <summary>True if this was the last party to leave.</summary>
    internal bool Leave(int party)
    {
        _meters[party] = null;
        return Array.TrueForAll(_meters, m => m is null);
    }

    internal List<int> Missing() => [.. Enumerable.Range(0, places).Where(i => _meters[i] is null)];

    internal void Link(SessionId id, InMemoryNetwork network)
    {
        for (int i = 0; i < places; i++)
        {
            _channels[i] = new MemoryChannel?[places];
        }

        for (int i = 0; i < places; i++)
        {
            for (int j = i + 1; j < places; j++)
            {
                (_channels[i][j], _channels[j][i]) = MemoryChannel.CreatePair(
                    id, network.NameOf(i), _meters[i]!, network.NameOf(j), _meters[j]!, network.Pool, network.Options, network.Emulator,
                    isSecondDealer: network.HasDealer && j == network.PartyCount);
            }
        }

        _opened.SetResult();
    }
}
