using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// A codec whose shares hide nothing: each is the values themselves, one word each, so that of n parties with threshold t, 2 t + 1 that say the same are right. It splits nothing and sends nothing. For
/// tests of what a client does with shares that come late, wrong or not at all.
/// </summary>
internal sealed class RepeatedCodec(int parties, int threshold) : CheckedCodec
{
    /// <summary>How often shares were put together.</summary>
    public int Combinations { get; private set; }

    public override int PartyCount => parties;

    public override int SharesNeeded => (2 * threshold) + 1;

    public override ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;

    protected override int ShareWords(int count) => count;

    protected override CombinedShares? TryCombine(IReadOnlyList<ulong[]?> shares, int count, int fractionalBits)
    {
        Combinations++;
        int[] there = [.. Enumerable.Range(0, parties).Where(party => shares[party] is not null)];
        foreach (int party in there)
        {
            int[] wrong = [.. there.Where(other => !shares[other].AsSpan().SequenceEqual(shares[party]))];
            if (there.Length - wrong.Length >= SharesNeeded && wrong.Length <= threshold)
            {
                return new CombinedShares([.. shares[party]!.Select(word => (double)word)], wrong);
            }
        }

        return null;
    }

    private protected override long ShareBytesCore(int party, int count) => (long)count * sizeof(ulong);
}
