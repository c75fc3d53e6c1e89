using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of an input in an order that its owner does not know: for each other party in turn a translation of shares by an order that this party draws
/// (Chase, Ghosh, Poburinnaya 2020, eprint 2019/1340). A row is held whole by the dealer.
/// </summary>
/// <remarks>
/// Of the streams s_i with which the shares are renewed, party 0 gets in place of its own what makes their sum the permuted masks: pi(sum of a_i) - (s_1 + ... + s_{n-1}).
/// </remarks>
internal sealed class ShuffleMaterial(int rows, int columns, int owner) : Material
{
    public const int Kind = 9;

    public static ShuffleMaterial Read(ref MaterialReader reader)
    {
        int rows = reader.NextExtent(1, "number of rows");
        int columns = reader.NextExtent(rows, "number of columns");
        return new ShuffleMaterial(rows, columns, reader.Next(0, AdditiveSession.MaxParties - 1, "owner"));
    }

    public override int[] Describe() => [Kind, rows, columns, owner];

    /// <summary>The parties that permute, one after another: all but the owner.</summary>
    public IEnumerable<int> Permuters(int parties) => Enumerable.Range(0, parties).Where(party => party != owner);

    /// <summary>The parties whose shares go, masked, to a permuter: at first only the owner has one that is not zero.</summary>
    public IEnumerable<int> Senders(int parties, int permuter) =>
        permuter == Permuters(parties).First() ? [owner] : Enumerable.Range(0, parties).Where(party => party != permuter);

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        if (owner >= hand.PartyCount)
        {
            throw new ProtocolException($"A request for material has the owner {owner}; there are {hand.PartyCount} parties.");
        }

        using SecretBuffer masks = hand.Pool.Rent((long)rows * columns);
        foreach (int permuter in Permuters(hand.PartyCount))
        {
            Permute(hand, permuter, masks.Span);
            for (int start = 0; start < masks.Length; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, masks.Length - start);
                FrameBuffer frame = await hand.RentAsync(length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                masks.Span.Slice(start, length).CopyTo(frame.Words);
                hand.Correct(Purpose.ShuffleReshare, frame.Words);
                hand.Send(frame);
            }
        }
    }

    private void Permute(DealerHand hand, int permuter, Span<ulong> masks)
    {
        masks.Clear();
        foreach (int party in Senders(hand.PartyCount, permuter))
        {
            hand.AddShare(party, Purpose.ShuffleSplit, masks);
        }

        RowShuffle.Apply(masks, columns, words => hand.Fill(permuter, Purpose.ShuffleOrder, words));
    }
}
