using SecureTransformer.Numerics;
using SecureTransformer.Sharing;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Opened values from the shares at hand, on polynomials of degree t, where at most t of all parties may lie: certain once 2 t + 1 shares lie on one polynomial, since t + 1 of
/// them are then right and determine it. After HoneyBadgerMPC (Lu et al., CCS 2019); see <see cref="RobustReconstruction{T}"/> for its cost.
/// </summary>
internal static class RobustOutput
{
    /// <summary>The fewest shares that are certain.</summary>
    public static int SharesNeeded(int threshold) => (2 * threshold) + 1;

    /// <summary>Puts shares together; null while they are not certain.</summary>
    /// <param name="shares">By party, <see cref="Mersenne127.WordCount"/> words a value; null for one that is missing.</param>
    /// <param name="threshold">t.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="fractionalBits">The fractional bits of their encoding.</param>
    public static CombinedShares? TryCombine(IReadOnlyList<ulong[]?> shares, int threshold, int count, int fractionalBits)
    {
        int[] there = [.. Enumerable.Range(0, shares.Count).Where(party => shares[party] is not null)];

        // What is no element of the field is no share.
        int[] parties = [.. there.Where(party => FieldKernels.IsCanonical(shares[party]))];
        int[] strange = [.. there.Except(parties)];
        int errors = Math.Min(threshold - strange.Length, parties.Length - SharesNeeded(threshold));
        if (errors < 0)
        {
            return null;
        }

        var received = new Mersenne127[parties.Length * count];
        var opened = new Mersenne127[count];
        try
        {
            for (int row = 0; row < parties.Length; row++)
            {
                Mersenne127.AsElements(shares[parties[row]].AsSpan()).CopyTo(received.AsSpan(row * count));
            }

            RobustResult result = new RobustReconstruction<Mersenne127>(parties, threshold, errors).Reconstruct(received, count, opened);
            return result.IsComplete
                ? new CombinedShares(
                    Array.ConvertAll(opened, value => Math.ScaleB((double)value.ToInt128(), -fractionalBits)),
                    [.. result.WrongParties.Select(wrong => wrong.Party).Concat(strange).Order()])
                : null;
        }
        finally
        {
            Array.Clear(received);
            Array.Clear(opened);
        }
    }

    /// <summary>Puts shares of packed bits together: by 2 t + 1 shares that agree on all of them, as those of honest parties do.</summary>
    /// <param name="field">The field of the shares.</param>
    /// <param name="shares">By party, plane after plane; null for one that is missing.</param>
    /// <param name="threshold">t.</param>
    /// <returns>The words of the bits, and the parties whose shares contradict them; null while they are not certain.</returns>
    public static (ulong[] Words, int[] Wrong)? TryCombineBits(BitLanes field, IReadOnlyList<ulong[]?> shares, int threshold)
    {
        int[] there = [.. Enumerable.Range(0, shares.Count).Where(party => shares[party] is not null)];
        foreach (int[] chosen in Coalitions.Of(there, threshold + 1))
        {
            var wrong = new List<int>();
            foreach (int party in there.Except(chosen).TakeWhile(_ => wrong.Count <= there.Length - SharesNeeded(threshold)))
            {
                if (!Interpolated.Agrees(field, chosen, shares, party))
                {
                    wrong.Add(party);
                }
            }

            if (there.Length - wrong.Count >= SharesNeeded(threshold))
            {
                return (Interpolated.Bits(field, chosen, shares), [.. wrong]);
            }
        }

        return null;
    }
}
