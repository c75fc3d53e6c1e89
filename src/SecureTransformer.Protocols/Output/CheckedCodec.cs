using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// The far end of protocols whose shares contradict each other where some are wrong, so that enough of them determine a value for certain though others are wrong or missing.
/// </summary>
internal abstract class CheckedCodec : ShareCodec
{
    /// <summary>The 64-bit words of one party's share of so many values.</summary>
    protected abstract int ShareWords(int count);

    /// <summary>Puts the shares at hand together, if they determine the values for certain whatever as many parties as the threshold says may have sent.</summary>
    /// <param name="shares">By party, each of <see cref="ShareWords"/> words; null for one that is not there. At least <see cref="ShareCodec.SharesNeeded"/> are.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="fractionalBits">The fractional bits of their encoding.</param>
    /// <returns>The values and the parties whose shares contradict them; null where it takes more shares.</returns>
    protected abstract CombinedShares? TryCombine(IReadOnlyList<ulong[]?> shares, int count, int fractionalBits);

    /// <inheritdoc/>
    public override async ValueTask<double[]> ReceiveAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CancellationToken cancellationToken = default) =>
        (await CollectAsync(parties, count, fractionalBits, null, cancellationToken).ConfigureAwait(false)).Values;

    /// <inheritdoc/>
    private protected override ValueTask<ReceivedValues> CollectCoreAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CollectionOptions options, CancellationToken cancellationToken)
    {
        Task<ulong[]>[] shares = [.. parties.Select((party, i) => ReceiveShareAsync(party, options.After?[i], ShareWords(count), cancellationToken))];
        var collection = new ShareCollection([.. parties.Select(party => party.PeerName)], shares, SharesNeeded, received => TryCombine(received, count, fractionalBits), options);
        return collection.RunAsync(cancellationToken);
    }

    private static async Task<ulong[]> ReceiveShareAsync(IChannel party, Task? after, int words, CancellationToken cancellationToken)
    {
        if (after is not null)
        {
            await after.ConfigureAwait(false);
        }

        var share = new ulong[words];
        for (int start = 0; start < words; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, words - start);
            using FrameBuffer frame = await party.ReceiveAsync(Operations.Export, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            frame.Words.CopyTo(share.AsSpan(start));
        }

        return share;
    }
}
