namespace SecureTransformer.Transport;

/// <summary>A session of an in-memory network while its parties open it.</summary>
internal sealed class MemorySession(int partyCount)
{
    private readonly TrafficMeter?[] _meters = new TrafficMeter?[partyCount];
    private readonly MemoryChannel?[][] _channels = new MemoryChannel?[partyCount][];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

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

    internal List<int> Missing() => [.. Enumerable.Range(0, partyCount).Where(i => _meters[i] is null)];

    internal void Link(SessionId id, InMemoryNetwork network)
    {
        for (int i = 0; i < partyCount; i++)
        {
            _channels[i] = new MemoryChannel?[partyCount];
        }

        for (int i = 0; i < partyCount; i++)
        {
            for (int j = i + 1; j < partyCount; j++)
            {
                (_channels[i][j], _channels[j][i]) = MemoryChannel.CreatePair(
                    id, $"party {i}", _meters[i]!, $"party {j}", _meters[j]!, network.Pool, network.Options, network.Emulator);
            }
        }

        _opened.SetResult();
    }
}
