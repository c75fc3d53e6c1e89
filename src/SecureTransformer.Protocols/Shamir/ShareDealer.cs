using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Deals elements, from any place of a network, to the parties of a committee that stand at some of its places. The shares of t of them expand from keys that they have in common
/// with the dealer; the others are sent theirs.
/// </summary>
internal sealed class ShareDealer : IDisposable
{
    private readonly ChannelSet _channels;
    private readonly PairwiseRandomness?[] _pairs;
    private readonly PairwiseRandomness _own;
    private readonly PrimeLanes _field = new();

    /// <param name="channels">Leads to all places; the caller's.</param>
    /// <param name="pairs">Randomness in common with each place.</param>
    /// <param name="own">Randomness of this place.</param>
    public ShareDealer(ChannelSet channels, PairwiseRandomness?[] pairs, PairwiseRandomness own)
    {
        _channels = channels;
        _pairs = pairs;
        _own = own;
    }

    /// <summary>The elements of a frame: 512 KB.</summary>
    public static int FrameElements => Chunks.Size / Mersenne127.WordCount;

    private int Place => _channels.PartyId;

    /// <summary>Whether a party of a committee is sent its share of what a dealer deals.</summary>
    /// <param name="committee">The committee.</param>
    /// <param name="dealer">The dealer's place.</param>
    /// <param name="number">The dealer's number, which says whose shares expand.</param>
    /// <param name="party">The party.</param>
    public static bool IsSent(ShareCommittee committee, int dealer, int number, int party) =>
        committee[party] is { } place && place != dealer && !committee.Numbers.IsSeeded(number, party);

    /// <summary>The number under which a place deals to a committee: its own there, so that it keeps a share that nobody is sent.</summary>
    /// <param name="committee">The committee.</param>
    /// <param name="dealer">The dealer's place.</param>
    /// <param name="otherwise">Any number of one who is no party of it; public.</param>
    public static int NumberOf(ShareCommittee committee, int dealer, int otherwise) => committee.PartyAt(dealer) ?? otherwise % committee.Parties;

    /// <summary>Deals a frame of elements; this place's own share, if it has one, goes to <paramref name="own"/>.</summary>
    /// <remarks>
    /// Local. One who is no party of the committee waits for room on the links; one who is must take what others deal, and waits for nobody.
    /// </remarks>
    public async ValueTask DealAsync(
        Scratch scratch, ShareCommittee committee, int number, SecretBuffer secret, int length, ushort operation, SecretBuffer? own, int at, CancellationToken cancellationToken)
    {
        for (int party = 0; party < committee.Parties; party++)
        {
            if (committee.PartyAt(Place) is null && IsSent(committee, Place, number, party))
            {
                await _channels[committee[party]!.Value].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        int words = length * _field.Words;
        SecretBuffer seeded = scratch.Rent(_field, committee.Threshold * length);
        for (int s = 0; s < committee.Threshold; s++)
        {
            Lanes share = _field.Over(seeded.Span.Slice(s * words, words));
            if (committee[committee.Numbers.Seeded(number, s)] is { } place)
            {
                _field.Sample(_pairs[place]!, _field.Deal(Place < place), share);
            }
            else
            {
                _field.Sample(_own, Purpose.Own, share);
            }
        }

        for (int party = 0; party < committee.Parties; party++)
        {
            if (committee[party] == Place)
            {
                Compute(committee, number, party, secret, seeded, _field.Over(own!.Span).Slice(at, length));
            }
            else if (IsSent(committee, Place, number, party))
            {
                IChannel channel = _channels[committee[party]!.Value];
                FrameBuffer frame = channel.Rent(words * sizeof(ulong));
                Compute(committee, number, party, secret, seeded, _field.Over(frame.Words));
                channel.Send(frame, operation);
            }
        }

        scratch.Return(seeded);
    }

    /// <summary>Takes this place's share of a frame of elements that another deals.</summary>
    public async ValueTask TakeAsync(
        ShareCommittee committee, int dealer, int number, int party, int length, ushort operation, SecretBuffer share, int at, CancellationToken cancellationToken)
    {
        if (committee.Numbers.IsSeeded(number, party))
        {
            _field.Sample(_pairs[dealer]!, _field.Deal(dealer < Place), _field.Over(share.Span).Slice(at, length));
            return;
        }

        using FrameBuffer frame = await _channels[dealer].ReceiveAsync(operation, length * Mersenne127.ByteCount, cancellationToken).ConfigureAwait(false);
        _field.Require(frame.Words, _channels[dealer]);
        _field.Over(frame.Words).CopyTo(_field.Over(share.Span).Slice(at, length));
    }

    /// <summary>Deals this place's part of a uniform element, if it is one of the first t + 1 parties of a committee that are there. Local.</summary>
    /// <returns>This place's own share of its part.</returns>
    public async ValueTask<Mersenne127> DealRandomAsync(Scratch scratch, ShareCommittee committee, ushort operation, CancellationToken cancellationToken)
    {
        if (committee.PartyAt(Place) is not { } party || !RandomDealers(committee).Contains(party))
        {
            return Mersenne127.Zero;
        }

        SecretBuffer drawn = scratch.Rent(_field, 1);
        SecretBuffer share = scratch.Rent(_field, 1);
        _field.Sample(_own, Purpose.Own, _field.Over(drawn.Span));
        await DealAsync(scratch, committee, party, drawn, 1, operation, share, 0, cancellationToken).ConfigureAwait(false);
        return Mersenne127.AsElements(share.Span)[0];
    }

    /// <summary>Takes what the others deal of that element. One round.</summary>
    /// <returns>This place's share of the element, if it is one of the parties.</returns>
    public async ValueTask<Mersenne127> TakeRandomAsync(Scratch scratch, ShareCommittee committee, ushort operation, Mersenne127 own, CancellationToken cancellationToken)
    {
        if (committee.PartyAt(Place) is not { } party)
        {
            return own;
        }

        SecretBuffer share = scratch.Rent(_field, 1);
        foreach (int dealer in RandomDealers(committee))
        {
            if (dealer != party)
            {
                await TakeAsync(committee, committee[dealer]!.Value, dealer, party, 1, operation, share, 0, cancellationToken).ConfigureAwait(false);
                own += Mersenne127.AsElements(share.Span)[0];
            }
        }

        return own;
    }

    public void Dispose()
    {
        _own.Dispose();
        foreach (PairwiseRandomness? pair in _pairs)
        {
            pair?.Dispose();
        }
    }

    private static int[] RandomDealers(ShareCommittee committee) => [.. committee.Present.Take(committee.Threshold + 1)];

    private void Compute(ShareCommittee committee, int number, int party, SecretBuffer secret, SecretBuffer seeded, Lanes share)
    {
        UInt128[] factors = committee.Numbers.DealFactors(number, party);
        _field.Scale(factors[0], _field.Over(secret.Span).Slice(0, share.Length), share);
        for (int s = 0; s < committee.Threshold; s++)
        {
            _field.AddScaled(factors[s + 1], _field.Over(seeded.Span).Slice(s * share.Length, share.Length), share);
        }
    }
}
