using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Randomness that the parties made ahead of time: the next run of a <see cref="MaterialStore"/>, taken when something is first needed.</summary>
internal sealed class StoredRandomness(ChannelSet channels, MaterialStore store, SecretBufferPool pool, int bit) : IDisposable
{
    private readonly StoredRun _run = new(channels, store, levels: 1);
    private readonly Dictionary<(RandomnessKind, int), RegionReader> _readers = [];

    /// <summary>Goes on to what the next operation needs.</summary>
    /// <exception cref="ProtocolException">The material is spent, or for another program.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public async ValueTask<RegionReader> AdvanceAsync(RandomnessRequest request, CancellationToken cancellationToken)
    {
        RunFile file = await _run.AdvanceAsync(request.Describe(), cancellationToken).ConfigureAwait(false);
        if (_readers.Count == 0)
        {
            foreach (RandomnessRegion region in RandomnessRegion.Of(file.Plan, bit))
            {
                _readers.Add((region.Requests[0].Kind, region.Requests[0].Parameter), new RegionReader(file, region, pool));
            }
        }

        return _readers[(request.Kind, request.Parameter)];
    }

    public void Dispose()
    {
        foreach (RegionReader reader in _readers.Values)
        {
            reader.Dispose();
        }

        _run.Dispose();
    }
}
