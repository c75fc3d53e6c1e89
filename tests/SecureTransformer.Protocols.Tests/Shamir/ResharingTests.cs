using SecureTransformer.Numerics;
using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.ResharingRuns;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Shares handed on: the values, the degrees, the distribution, the cost.</summary>
public class ResharingTests
{
    [Theory]
    [InlineData(5, 2, 7, 3, 5, 1)]
    [InlineData(5, 2, 7, 3, 5, 40_000)]
    [InlineData(5, 2, 7, 3, 2, 700)]
    [InlineData(5, 2, 5, 2, 4, 700)]
    [InlineData(4, 1, 3, 1, 4, 700)]
    [InlineData(4, 1, 3, 1, 0, 700)]
    [InlineData(3, 1, 3, 1, 0, 33_000)]
    [InlineData(7, 3, 5, 1, 7, 700)]
    [InlineData(16, 7, 16, 7, 16, 10)]
    public async Task Values_survive_exactly_and_shares_are_fresh(int parties, int threshold, int newParties, int newThreshold, int firstNew, int count)
    {
        long[] values = Values(count);
        ShareEpoch before = HandedOut(parties, threshold);
        MemoryShare[] old = HandOut(before, values);
        Assert.Equal(values, Open(before, old, count));
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(Plan(before, newParties, newThreshold, firstNew), old);
        Assert.Equal((newParties, newThreshold, 1), (after.Parties, after.Threshold, after.Generation));
        Assert.Equal(values, Open(after, made[0], count));
        for (int party = 0; party < Math.Min(parties, newParties); party++)
        {
            Assert.NotEqual(Expanded(before, party, old[party], count), Expanded(after, party, made[0][party], count));
        }
    }

    [Fact]
    public async Task Batches_of_any_size_and_tensors_one_after_another_are_handed_on()
    {
        ShareEpoch before = HandedOut(5, 2);
        long[][] values = [Values(2500), Values(1), Values(70_001)];
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(Plan(before, 4, 1, batch: 999), [.. values.Select(v => HandOut(before, v))]);
        Assert.All(values.Zip(made), pair => Assert.Equal(pair.First, Open(after, pair.Second, pair.First.Length)));
    }

    [Fact]
    public async Task What_was_reshared_can_be_reshared_again_and_each_epoch_has_its_own_name()
    {
        long[] values = Values(300);
        ShareEpoch first = HandedOut(3, 1);
        (ShareEpoch second, MemoryShare[][] refreshed) = await ReshareAsync(ResharingPlan.Refresh(first), HandOut(first, values));
        (ShareEpoch third, MemoryShare[][] larger) = await ReshareAsync(Plan(second, 5, 2), refreshed);
        (ShareEpoch fourth, MemoryShare[][] back) = await ReshareAsync(Plan(third, 3, 1), larger);
        Assert.Equal(values, Open(fourth, back[0], values.Length));
        Assert.Equal([0, 1, 2, 3], new[] { first, second, third, fourth }.Select(epoch => epoch.Generation));
        Assert.Equal(4, new[] { first, second, third, fourth }.Select(epoch => epoch.Id).Distinct().Count());
        Assert.Equal(fourth, ShareEpoch.Parse(fourth.ToString()));
        foreach (string wrong in (string[])["", "1 2 3 4", fourth.ToString()[1..], $"{fourth} 1", $"{fourth.Id} 1 3 2", $"{fourth.Id} -1 3 1"])
        {
            Assert.Throws<FormatException>(() => ShareEpoch.Parse(wrong));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(1, 3)]
    public async Task Old_parties_that_are_gone_are_not_needed(params int[] gone)
    {
        long[] values = Values(500);
        ShareEpoch before = HandedOut(5, 2);
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(Plan(before, 7, 3).Without(gone), HandOut(before, values));
        Assert.Equal(values, Open(after, made[0], values.Length));
    }

    [Fact]
    public async Task So_many_shares_as_the_threshold_are_uniform_and_independent_of_the_secret_and_of_old_shares()
    {
        // All elements have the same secret, and the same old polynomial.
        const int count = 20_000;
        ShareEpoch before = new(SessionId.New(), 3, 1);
        (before, MemoryShare[][] once) = await ReshareAsync(ResharingPlan.Refresh(before), HandOut(before, new long[1]));
        MemoryShare[] old = [.. once[0].Select(share =>
        {
            var repeated = new MemoryShare();
            for (int i = 0; i < count; i++)
            {
                repeated.Write(share.Bytes);
            }

            return repeated;
        })];
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(Plan(before, 5, 2), old);
        Assert.Equal(new long[count], Open(after, made[0], count));
        for (int a = 0; a < 5; a++)
        {
            for (int b = a + 1; b < 5; b++)
            {
                int[] cells = new int[256];
                for (int i = 0; i < count; i++)
                {
                    cells[(int)(made[0][a].Elements[i].ToUInt128() % 16 * 16) + (int)(made[0][b].Elements[i].ToUInt128() >> 123)]++;
                }

                // Chi-squared with 255 degrees of freedom: above 420 with probability below 10^-9.
                double expected = count / 256.0;
                Assert.InRange(cells.Sum(cell => (cell - expected) * (cell - expected) / expected), 120, 420);
            }
        }
    }

    [Theory]
    [InlineData(5, 2, 7, 3, 5, 1000)]
    [InlineData(5, 2, 7, 3, 2, 1000)]
    [InlineData(4, 1, 3, 1, 4, 40_000)]
    [InlineData(3, 1, 3, 1, 0, 1)]
    public async Task Bytes_and_rounds_are_those_declared(int parties, int threshold, int newParties, int newThreshold, int firstNew, int count)
    {
        ShareEpoch before = HandedOut(parties, threshold);
        MemoryShare[] old = HandOut(before, new long[count]);
        ResharingPlan plan = Plan(before, newParties, newThreshold, firstNew);
        MemoryShare[] made = [.. plan.NewPlaces.Select(_ => new MemoryShare())];
        var sent = new TrafficSnapshot[Places(plan)];
        Assert.All(await RunAsync(plan, async (place, resharing) =>
        {
            TrafficSnapshot start = resharing.Meter.Snapshot();
            await ResharingRuns.ReshareAsync(resharing, old, made, "weights");
            sent[place] = resharing.Meter.Snapshot() - start;
            await resharing.CompleteAsync();
        }), Assert.Null);

        int places = Places(plan);
        int[] remaining = [.. Enumerable.Range(0, parties).Select(place => plan.NewPlaces.Contains(place) ? 1 : 0)];
        long dealt = remaining.Take(threshold + 1).Sum(both => newParties - newThreshold - both) * (count + 1L);
        long watched = remaining.Skip(threshold + 1).Sum(both => newParties - both);
        long masks = ((threshold + 1) * (parties - 1 - threshold)) + ((newThreshold + 1) * (newParties - 1 - newThreshold));
        long opened = (newParties * (places - 1)) + (newParties * (newParties - 1) * (threshold + 1));
        Assert.Equal(16 * (dealt + watched + masks + opened), sent.Sum(s => s.BytesSent(TrafficPhase.Setup)));
        Assert.InRange(sent.Max(s => s.Rounds(TrafficPhase.Setup)), 3, 4);
    }

    internal static long[] Values(int count)
    {
        using var generator = new AesCtrPrg(new byte[16], (ulong)count);
        ulong[] words = new ulong[count + 1];
        generator.Fill(words);
        return [.. words.Take(count).Select(word => unchecked((long)word))];
    }
}
