using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// The dealer of additive sharing: gives the parties correlated randomness. It takes a seed from each party and sends corrections to party 0; it sees public shapes, and never
/// anything that depends on data.
/// </summary>
/// <remarks>It must compute honestly and collude with no party: with any one of them it learns what the others' masks hide. See docs/protocols/additive.md.</remarks>
public static class Dealer
{
    /// <summary>Serves one session of the parties until they end it.</summary>
    /// <param name="channels">Channels to all parties; the dealer has the last place. The dealer owns them.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads that its kernels use at once.</param>
    /// <param name="memory">What this session may keep, together with others of the same dealer; by default 1 GiB of its own.</param>
    /// <param name="cancellationToken">Cancels; the parties are told.</param>
    /// <exception cref="ArgumentException">The place is not the last, or the number of parties is not 2 to 8.</exception>
    /// <exception cref="ProtocolException">A party ended the session, or asked for something that makes no sense.</exception>
    public static async Task ServeAsync(ChannelSet channels, int maxDegreeOfParallelism = 1, DealerMemory? memory = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDegreeOfParallelism, 1);
        int parties = channels.PartyCount - 1;
        if (channels.PartyId != parties || parties is < AdditiveSession.MinParties or > AdditiveSession.MaxParties)
        {
            throw new ArgumentException($"The dealer has the last place after 2 to 8 parties; this is place {channels.PartyId} of {channels.PartyCount}.", nameof(channels));
        }

        var seeds = new PairwiseRandomness[parties];
        var matrices = new MatrixMaskKeys[parties];
        await using (channels.ConfigureAwait(false))
        {
            try
            {
                await SessionHandshake.RunWithDealerAsync(channels, cancellationToken).ConfigureAwait(false);
                for (int party = 0; party < parties; party++)
                {
                    (seeds[party], matrices[party]) = await DealtMaterial.ReceiveSeedsAsync(channels[party], cancellationToken).ConfigureAwait(false);
                    if (matrices[party].Levels != matrices[0].Levels)
                    {
                        throw new ProtocolException($"{channels[party].PeerName} stands under {matrices[party].Levels - 1} sessions and {channels[0].PeerName} under {matrices[0].Levels - 1}.");
                    }
                }

                channels.Meter.Phase = TrafficPhase.Offline;
                using var hand = new DealerHand(seeds, matrices, new CorrectionChannel(channels[0]), maxDegreeOfParallelism, memory ?? new DealerMemory(1L << 30));
                while (await NextAsync(channels[0], cancellationToken).ConfigureAwait(false) is { } material)
                {
                    await material.DealAsync(hand, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                channels.Abort(error is OperationCanceledException ? "the dealer is stopping" : $"the dealer failed with {error.GetType().Name}");
                throw;
            }
            finally
            {
                Array.ForEach(seeds, seed => seed?.Dispose());
                Array.ForEach(matrices, keys => keys?.DisposeAll());
            }
        }
    }

    private static async ValueTask<Material?> NextAsync(IChannel first, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using FrameBuffer request = await first.ReceiveAtMostAsync(Operations.MaterialRequest, Material.MaxRequest, cancellationToken).ConfigureAwait(false);
                return Material.Parse(request.Span);
            }
            catch (PeerTimeoutException)
            {
                // Parties may go on for long without needing anything.
            }
        }
    }
}
