namespace SecureTransformer.Generation;

/// <summary>One level of a tournament: so many candidates meet in groups, each candidate every other of its group.</summary>
/// <remarks>Member j of group g stands at position j * Groups + g. Positions from <see cref="Count"/> on repeat the first member of their group.</remarks>
internal readonly record struct TournamentLevel(int Count, int FanIn)
{
    public int Groups => (Count + FanIn - 1) / FanIn;

    public int Positions => Groups * FanIn;
}

/// <summary>Who meets whom, from public sizes alone.</summary>
/// <remarks>
/// Every candidate of every level stands for a run of consecutive ids, and the members of a group for runs that follow one another. So the member with the lower
/// number is the one with the lower ids, and a tie that goes to it goes to the lower id.
/// </remarks>
internal sealed class TournamentPlan
{
    /// <summary>Plans a tournament.</summary>
    /// <param name="candidates">The number of candidates of each row; at least one.</param>
    /// <param name="rows">The number of rows that play at the same time.</param>
    public TournamentPlan(int candidates, int rows)
    {
        var levels = new List<TournamentLevel>();
        for (int left = candidates; left > 1; left = levels[^1].Groups)
        {
            int groups = (left + FanIn(left, rows) - 1) / FanIn(left, rows);
            levels.Add(new TournamentLevel(left, (left + groups - 1) / groups));
        }

        Levels = levels;
        Ids = Order(candidates, levels);
    }

    /// <summary>The levels, in the order in which they are played.</summary>
    public IReadOnlyList<TournamentLevel> Levels { get; }

    /// <summary>The id of the candidate at each position of the first level.</summary>
    public int[] Ids { get; }

    /// <summary>
    /// A level of groups of k takes (k - 1) / 2 comparisons a candidate and ceil(log2(k - 1)) rounds of ANDs. Groups of four send little; with few candidates left,
    /// larger groups save rounds. 4, 9 and 17 are the largest for their rounds, but for 5, which would send a fifth more.
    /// </summary>
    private static int FanIn(int candidates, int rows)
    {
        long total = (long)candidates * rows;
        return total > 8192 ? 4 : total > 1024 ? 9 : candidates <= 32 ? 32 : 17;
    }

    private static int[] Order(int candidates, List<TournamentLevel> levels)
    {
        // How many ids each candidate of each level stands for, from the first level up; then the first id of each, from the last level down.
        var sizes = new List<int[]> { Enumerable.Repeat(1, candidates).ToArray() };
        foreach (TournamentLevel level in levels)
        {
            var next = new int[level.Groups];
            for (int i = 0; i < level.Count; i++)
            {
                next[i % level.Groups] += sizes[^1][i];
            }

            sizes.Add(next);
        }

        int[] first = [0];
        for (int l = levels.Count - 1; l >= 0; l--)
        {
            int groups = levels[l].Groups;
            var next = new int[levels[l].Count];
            for (int i = 0; i < next.Length; i++)
            {
                next[i] = i < groups ? first[i] : next[i - groups] + sizes[l][i - groups];
            }

            first = next;
        }

        return first;
    }
}
