using SecureTransformer.Protocols.Shamir;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Who shuffles what.</summary>
public class ShuffleCommitteesTests
{
    public static TheoryData<int, int> Sizes => new() { { 3, 1 }, { 4, 1 }, { 5, 1 }, { 5, 2 }, { 6, 2 }, { 7, 1 }, { 7, 2 }, { 7, 3 }, { 8, 3 }, { 9, 4 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Any_t_parties_leave_out_one_group_whole(int parties, int threshold)
    {
        IReadOnlyList<int[]> groups = ShuffleCommittees.For(parties, threshold, owner: null);
        Assert.All(Coalitions(parties, threshold), coalition => Assert.Contains(groups, group => !group.Intersect(coalition).Any()));
        Assert.All(groups, group => Check(group, parties, threshold));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_owner_with_any_others_leaves_out_one_group_whole(int parties, int threshold)
    {
        for (int owner = 0; owner < parties; owner++)
        {
            IReadOnlyList<int[]> groups = ShuffleCommittees.For(parties, threshold, owner);
            Assert.All(Coalitions(parties, threshold).Where(c => c.Contains(owner)), coalition => Assert.Contains(groups, group => !group.Intersect(coalition).Any()));
            Assert.All(groups, group => Check(group, parties, threshold));
            Assert.All(groups, group => Assert.DoesNotContain(owner, group));
        }
    }

    /// <summary>As docs/protocols/shamir.md has them.</summary>
    [Theory]
    [InlineData(3, 1, 3, 1)]
    [InlineData(4, 1, 2, 1)]
    [InlineData(5, 2, 10, 4)]
    [InlineData(7, 2, 5, 2)]
    [InlineData(7, 3, 35, 15)]
    [InlineData(10, 3, 13, 5)]
    [InlineData(10, 4, 74, 32)]
    [InlineData(16, 5, 79, 45)]
    public void The_numbers_of_groups(int parties, int threshold, int rows, int input)
    {
        Assert.Equal(rows, ShuffleCommittees.For(parties, threshold, owner: null).Count);
        Assert.Equal(input, ShuffleCommittees.For(parties, threshold, owner: 0).Count);
    }

    [Fact]
    public void Two_pairs_of_four_parties() =>
        Assert.Equal(Enumerable.Range(0, 4), ShuffleCommittees.For(4, 1, owner: null).SelectMany(group => group).Order());

    private static void Check(int[] group, int parties, int threshold)
    {
        Assert.Equal(threshold + 1, group.Distinct().Count());
        Assert.Equal(group.Order(), group);
        Assert.All(group, member => Assert.InRange(member, 0, parties - 1));
    }

    private static IEnumerable<int[]> Coalitions(int parties, int size) =>
        Enumerable.Range(0, 1 << parties).Select(set => Enumerable.Range(0, parties).Where(party => (set >> party & 1) == 1).ToArray()).Where(set => set.Length == size);
}
