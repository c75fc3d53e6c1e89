namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Who shuffles: groups of t + 1 parties, such that any t parties leave out one group whole. Each group applies an order that it alone knows (Laur, Willemson, Zhang 2011, ISC:
/// shuffling by resharing). For what an owner put in, groups of others, such that any t parties with the owner among them leave out one.
/// </summary>
internal static class ShuffleCommittees
{
    /// <summary>The groups, each in ascending order.</summary>
    /// <param name="parties">The number of parties.</param>
    /// <param name="threshold">t.</param>
    /// <param name="owner">Who is to learn nothing of the order, alone or with t - 1 others; null for any t parties.</param>
    public static IReadOnlyList<int[]> For(int parties, int threshold, int? owner)
    {
        int[] others = [.. Enumerable.Range(0, parties).Where(party => party != owner)];
        var groups = new List<int[]>();
        foreach (int[] colluding in Coalitions.Of(others, owner is null ? threshold : threshold - 1))
        {
            if (!groups.Exists(group => !group.Intersect(colluding).Any()))
            {
                groups.Add([.. Free(others, groups, colluding).Take(threshold + 1).Order()]);
            }
        }

        return groups;
    }

    /// <summary>Parties that do not collude, those in the fewest groups first: disjoint groups serve more coalitions.</summary>
    private static IEnumerable<int> Free(int[] others, List<int[]> groups, int[] colluding) =>
        others.Except(colluding).OrderBy(party => groups.Count(group => group.Contains(party)));
}
