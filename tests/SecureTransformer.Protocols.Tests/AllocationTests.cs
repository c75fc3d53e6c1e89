namespace SecureTransformer.Protocols.Tests;

/// <summary>Bulk data lives in pools: what the garbage collector sees does not grow with it.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public class AllocationTests
{
    private const int Count = 300_000;

    [Theory]
    [InlineData(MpcProtocol.Replicated3, 1)]
    [InlineData(MpcProtocol.Replicated3, 2)]
    public async Task Operations_on_many_elements_allocate_less_than_a_hundredth_of_what_they_send(MpcProtocol protocol, int degree)
    {
        double[] values = [.. Enumerable.Range(0, Count).Select(i => (i % 1000) / 100.0 - 5)];
        await using LocalParties parties = LocalParties.Create(protocol, new SessionOptions { MaxDegreeOfParallelism = degree });
        (long Allocated, long Sent)[] runs = await parties.RunAsync(async session =>
        {
            using SecretTensor x = await session.InputAsync(0, new TensorShape(Count / 100, 100), values);
            using SecretTensor y = await session.InputAsync(0, new TensorShape(100, 100), values.AsMemory(0, 10_000));
            using SecretMatrix packed = session.Pack(y);

            // Runs fill the pools with as many frames as were ever under way at once: the least of some is what the work itself allocates.
            long allocated = long.MaxValue;
            long sent = 0;
            for (int run = 0; run < 12; run++)
            {
                await session.AgreeAsync("run", new byte[1]);
                long before = GC.GetTotalAllocatedBytes(precise: true);
                long sentBefore = session.Meter.BytesSentTotal;
                await ForwardAsync();
                allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
                sent = session.Meter.BytesSentTotal - sentBefore;
            }

            return (allocated, sent);

            async Task ForwardAsync()
            {
                using SessionScope scope = session.BeginScope();
                SecretTensor product = await session.MatMulAsync(x, packed);
                SecretTensor square = await session.SquareAsync(product);
                using SecretBits negative = await session.LessThanZeroAsync(product, 40);
                SecretTensor chosen = await session.MultiplyBitAsync(negative, square);
                await session.DotAsync(chosen, product);
            }
        });

        // The parties are in one process, so each sees what all allocate, at most.
        long most = runs.Max(r => r.Allocated);
        long total = runs.Sum(r => r.Sent);
        Assert.True(total > 30L * Count, $"{total} bytes were sent.");
        Assert.True(most < total / 100, $"{most} bytes were allocated for {total} sent.");
    }
}
