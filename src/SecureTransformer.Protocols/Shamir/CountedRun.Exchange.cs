using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Sharing;

namespace SecureTransformer.Protocols.Shamir;

/// <content>What comes in and goes out: of parties, and of a client, who takes the place after them.</content>
internal sealed partial class CountedRun
{
    private const int DigestBytes = 32;

    /// <summary>Values of a party in an order that it does not know.</summary>
    public void InputShuffled(int owner, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(owner);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(owner, Parties);
        IReadOnlyList<int[]> groups = ShuffleCommittees.For(Parties, Threshold, owner);
        AgreeOnOrders(groups);
        Deal([owner], Number, count);
        Shuffle(groups, count);
    }

    /// <summary>Rows in an order that no t parties know.</summary>
    public void ShuffleRows(int count)
    {
        IReadOnlyList<int[]> groups = ShuffleCommittees.For(Parties, Threshold, owner: null);
        AgreeOnOrders(groups);
        Shuffle(groups, count);
    }

    /// <summary>Opening numbers to all parties, or to one.</summary>
    public void Reveal(int count, int? receiver)
    {
        Extract(RandomnessKind.ZeroNumbers, count);
        Exchange(Number, count, receiver);
    }

    /// <summary>Opening bits to all parties.</summary>
    public void RevealBits(int count)
    {
        Extract(RandomnessKind.ZeroBits, PlaneWords(count));
        Exchange(Bit, PlaneWords(count));
    }

    /// <summary>Comparing public bytes.</summary>
    public void Agree() => Exchange(DigestBytes / Word, lanes: 1);

    /// <summary>What the first party tells the others.</summary>
    public void Announce(long bytes) => Send([.. All.Skip(1).Select(party => new Message(0, party, bytes))]);

    /// <summary>Values from a client, as they come.</summary>
    public void Take(int count) => Send([
        .. All.Select(party => new Message(
            Parties, party, ShamirCodec.IsSeeded(party, Parties, Threshold) ? ShareSeeds.ByteCount : (long)count * Number * Word)),
    ]);

    /// <summary>Whether shares lie on polynomials of degree t.</summary>
    public void CheckThatTheyBelongTogether()
    {
        Extract(RandomnessKind.Numbers, 2);
        Exchange(Number, lanes: 1);
        Exchange(Number, lanes: 1);
    }

    /// <summary>Values from a client, checked.</summary>
    public void Import(int count)
    {
        Take(count);
        CheckThatTheyBelongTogether();
    }

    /// <summary>Whether rows are one 1 among zeros.</summary>
    public void RequireOneHot()
    {
        Extract(RandomnessKind.Numbers, 1);
        Exchange(Number, lanes: 1);
        Send([
            .. from sender in Enumerable.Range(0, (2 * Threshold) + 1)
               from party in All
               where party != sender
               select new Message(sender, party, Number * Word),
        ]);
    }

    /// <summary>Values to a client.</summary>
    public void Export(int count)
    {
        Extract(RandomnessKind.ZeroNumbers, count);
        Send([.. All.Select(party => new Message(party, Parties, (long)count * Number * Word))]);
    }
}
