namespace SecureTransformer.Protocols.Tests;

/// <summary>The elements of a frame among several threads.</summary>
public class ParallelRunsTests
{
    [Theory]
    [InlineData(1, 10_000, 64)]
    [InlineData(2, 64, 64)]
    [InlineData(2, 65, 64)]
    [InlineData(3, 10_001, 64)]
    [InlineData(16, 65_536, 2048)]
    [InlineData(5, 3, 1)]
    [InlineData(4, 0, 1)]
    public void Runs_begin_at_grains_and_cover_each_element_once(int degree, int length, int grain)
    {
        int[] seen = new int[length];
        int runs = 0;
        ParallelRuns.Invoke(degree, length, grain, (start, count) =>
        {
            Interlocked.Increment(ref runs);
            Assert.Equal(0, start % grain);
            Assert.True(count >= Math.Min(grain, length - start));
            for (int i = start; i < start + count; i++)
            {
                Interlocked.Increment(ref seen[i]);
            }
        });
        Assert.All(seen, times => Assert.Equal(1, times));
        int most = degree == 1 ? 1 : 2 * degree;
        Assert.InRange(runs, length == 0 ? 0 : 1, most);
        Assert.True(degree == 1 || length <= grain || runs > 1);
    }

    [Fact]
    public void No_more_threads_than_the_degree_work_at_once()
    {
        int working = 0;
        int most = 0;
        for (int i = 0; i < 200; i++)
        {
            ParallelRuns.Invoke(3, 600, 1, (_, _) =>
            {
                int now = Interlocked.Increment(ref working);
                InterlockedMax(ref most, now);
                Thread.SpinWait(200);
                Interlocked.Decrement(ref working);
            });
            Assert.Equal(0, working);
        }

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public void One_thread_is_the_calling_one()
    {
        int thread = 0;
        ParallelRuns.Invoke(1, 1_000_000, 1, (start, count) =>
        {
            Assert.Equal((0, 1_000_000), (start, count));
            thread = Environment.CurrentManagedThreadId;
        });
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_failure_is_the_callers_once_nobody_works_any_more(int degree)
    {
        int working = 0;
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => ParallelRuns.Invoke(degree, 64, 1, (_, _) =>
        {
            Interlocked.Increment(ref working);
            Thread.Sleep(1);
            Interlocked.Decrement(ref working);
            throw new InvalidOperationException("a run failed");
        }));
        Assert.Equal("a run failed", error.Message);
        Assert.Equal(0, working);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); seen < value;)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            seen = before == seen ? value : before;
        }
    }
}
