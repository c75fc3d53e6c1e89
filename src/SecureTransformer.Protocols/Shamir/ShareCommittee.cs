using SecureTransformer.Numerics;
using SecureTransformer.Sharing;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Parties who hold shares over F_p, and where they stand on a network that has other places too.</summary>
internal sealed class ShareCommittee
{
    private readonly int?[] _places;
    private readonly ShamirSharing _sharing;

    /// <param name="places">The place of each party; null for one that is gone.</param>
    /// <param name="threshold">The degree of their polynomials.</param>
    public ShareCommittee(IEnumerable<int?> places, int threshold)
    {
        _places = [.. places];
        Numbers = new Committee(new PrimeLanes(), _places.Length, threshold);
        _sharing = new ShamirSharing(_places.Length, threshold);
        Present = [.. Enumerable.Range(0, _places.Length).Where(party => _places[party] is not null)];
    }

    /// <summary>Who does what among them.</summary>
    public Committee Numbers { get; }

    public int Parties => _places.Length;

    public int Threshold => Numbers.Threshold;

    /// <summary>The parties that are there.</summary>
    public int[] Present { get; }

    /// <summary>The place of a party.</summary>
    public int? this[int party] => _places[party];

    /// <summary>The party at a place; null where there is none of these.</summary>
    public int? PartyAt(int place) => Array.IndexOf(_places, place) is var party and >= 0 ? party : null;

    /// <summary>The value of shares at 0, or null where they do not lie on a polynomial of degree t.</summary>
    /// <param name="parties">Whose they are, at least t + 1.</param>
    /// <param name="shares">One element of each.</param>
    public Mersenne127? TryOpen(ReadOnlySpan<int> parties, ReadOnlySpan<Mersenne127> shares)
    {
        ReadOnlySpan<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<Mersenne127, ulong>(shares);
        if (!_sharing.IsConsistent(parties, words, 1))
        {
            return null;
        }

        Span<ulong> value = stackalloc ulong[Mersenne127.WordCount];
        _sharing.Reconstruct(parties, words, value);
        return Mersenne127.AsElements(value)[0];
    }
}
