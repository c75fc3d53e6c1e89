using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>The randomness of the orders of groups that shuffle, by group; null for a group that this party is not in.</summary>
internal sealed class GroupOrders(int groups) : IDisposable
{
    private readonly PairwiseRandomness?[] _orders = new PairwiseRandomness?[groups];

    public PairwiseRandomness? this[int group]
    {
        get => _orders[group];
        set => _orders[group] = value;
    }

    public void Dispose() => Array.ForEach(_orders, order => order?.Dispose());
}
