using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>How a step's asking rows are cut into runs.</summary>
public sealed class AttentionPlanTests
{
    private const int Heads = 4;

    [Theory]
    [InlineData(new[] { 50 }, new[] { 0 }, 800)]
    [InlineData(new[] { 50 }, new[] { 30 }, 800)]
    [InlineData(new[] { 60, 1, 2, 0, 3, 1, 17 }, new[] { 0, 5, 0, 40, 0, 9, 3 }, 700)]
    [InlineData(new[] { 1, 1, 0, 1 }, new[] { 90, 3, 200, 0 }, 400)]
    [InlineData(new[] { 9, 9, 9 }, new[] { 0, 0, 0 }, 1)]
    public async Task Runs_stay_within_the_bound_and_no_row_more_would(int[] lengths, int[] cached, int bound)
    {
        await using EstimatingSession session = EstimatingSession.Create(MpcProtocol.Replicated3);
        using KeyValueCache cache = Cached(session, cached, bound);
        DecoderStep step = cache.Begin(lengths, allRows: true);
        int[] rows = [.. step.OutputRows];
        IReadOnlyList<AttentionPlan> plans = step.PlansOf(step.OutputRows, Heads, 2);
        Assert.Same(plans, step.PlansOf(step.OutputRows, Heads, 2));
        Assert.Equal(rows.Length, plans.Sum(p => p.RowCount));
        Assert.True(plans.Count > 1);
        int start = 0;
        foreach (AttentionPlan plan in plans)
        {
            int[] mine = rows[start..(start + plan.RowCount)];
            Assert.Equal(Size(step, mine), Size(plan));
            Assert.True(Size(plan) <= bound || plan.RowCount == 1);
            start += plan.RowCount;
            if (start < rows.Length)
            {
                Assert.True(Size(step, [.. mine, rows[start]]) > bound);
            }
        }
    }

    [Fact]
    public async Task Of_a_long_prompt_about_half_the_square_is_computed()
    {
        await using EstimatingSession session = EstimatingSession.Create(MpcProtocol.Replicated3);
        using KeyValueCache cache = Cached(session, [0], 20_000);
        DecoderStep step = cache.Begin([400], allRows: true);
        long computed = step.PlansOf(step.OutputRows, Heads, Heads).Sum(Size);
        Assert.InRange(computed, Heads * 400L * 400 / 2, Heads * 400L * 400 * 0.56);
    }

    [Fact]
    public async Task What_only_fills_up_is_bounded_also_where_all_scores_would_be_few_enough()
    {
        await using EstimatingSession session = EstimatingSession.Create(MpcProtocol.Replicated3);
        int[] lengths = [300, .. Enumerable.Repeat(1, 40), 200];
        using KeyValueCache cache = Cached(session, new int[lengths.Length], AttentionPlan.MaxScores);
        DecoderStep step = cache.Begin(lengths, allRows: true);
        IReadOnlyList<AttentionPlan> plans = step.PlansOf(step.OutputRows, Heads, Heads);
        Assert.Equal(lengths.Sum(), plans.Sum(p => p.RowCount));
        long needed = lengths.Sum(l => Heads * (long)l * l);
        Assert.InRange(plans.Sum(Size) - needed, 0, plans.Count * AttentionPlan.MaxFilling);
        Assert.InRange(plans.Count, 2, 4);
    }

    [Fact]
    public async Task One_long_prompt_does_not_fill_up_many_short_ones()
    {
        await using EstimatingSession session = EstimatingSession.Create(MpcProtocol.Replicated3);
        int[] lengths = [.. Enumerable.Repeat(3, 60), 500];
        using KeyValueCache cache = Cached(session, new int[lengths.Length], 20_000);
        DecoderStep step = cache.Begin(lengths, allRows: true);
        long computed = step.PlansOf(step.OutputRows, Heads, Heads).Sum(Size);
        Assert.InRange(computed, Heads * 500L * 500 / 2, Heads * 500L * 500 * 0.6);
    }

    [Fact]
    public async Task Sequences_that_rest_are_left_out()
    {
        await using EstimatingSession session = EstimatingSession.Create(MpcProtocol.Replicated3);
        using KeyValueCache cache = Cached(session, [7, 900, 2], AttentionPlan.MaxScores);
        DecoderStep step = cache.Begin([1, 0, 1]);
        AttentionPlan plan = Assert.Single(step.PlansOf(step.OutputRows, Heads, Heads));
        Assert.Equal((2, 1, 8), (plan.Sequences, plan.QueryCount, plan.KeyCount));
    }

    private static long Size(AttentionPlan plan) => (long)plan.Sequences * Heads * plan.QueryCount * plan.KeyCount;

    private static long Size(DecoderStep step, int[] rows) =>
        rows.Select(step.SequenceOf).Distinct().Count() * Heads * (long)rows.GroupBy(step.SequenceOf).Max(g => g.Count()) * (rows.Max(row => step.Positions[row]) + 1);

    /// <summary>A cache that counts so many tokens of each sequence; no keys are needed for plans.</summary>
    private static KeyValueCache Cached(EstimatingSession session, int[] lengths, long maxScores)
    {
        var cache = new KeyValueCache(session, 1, lengths.Length, maxScores);
        for (int sequence = 0; sequence < lengths.Length; sequence++)
        {
            cache.Reserve(sequence, lengths[sequence]);
        }

        return cache;
    }
}
