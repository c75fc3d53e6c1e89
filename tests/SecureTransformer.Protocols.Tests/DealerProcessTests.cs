using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>With the dealer in another process costs are the declared ones, and truncation errs as it does with one in this process.</summary>
public abstract class DealerProcessTests(DealerProcess dealer)
{
    private readonly IContractNetwork _network = dealer;

    [Theory]
    [InlineData(65)]
    [InlineData(65_537)]
    public async Task Costs_are_the_declared_ones(int count)
    {
        int n = _network.PartyCount;
        await CheckAsync(AdditiveCosts.InputShuffled(n, count), async (s, x, p) => await s.InputShuffledAsync(n - 1, x.Shape, Values(1, count)));
        await CheckAsync(AdditiveCosts.Reveal(n, count), async (s, x, p) => await s.RevealAsync(x));
        await CheckAsync(AdditiveCosts.Product(n, count, 18), async (s, x, p) =>
        {
            using SecretTensor y = s.Add(x, x);
            await s.MultiplyAsync(x, y);
        });
        await CheckAsync(AdditiveCosts.And(n, count), async (s, x, p) => await s.AndAsync(p, p));
        await CheckAsync(AdditiveCosts.MultiplyBit(n, count), async (s, x, p) => await s.MultiplyBitAsync(p, x));
        await CheckAsync(AdditiveCosts.LessThanZero(n, count, 44), async (s, x, p) => await s.LessThanZeroAsync(x, 44));
        await CheckAsync(AdditiveCosts.Normalize(n, count, 46, 6, true, true), async (s, x, p) => await s.NormalizeAsync(x, 46, 6, mayBeZero: true, squareRoot: true));

        async Task CheckAsync(OperationCost declared, Func<MpcSession, SecretTensor, SecretBits, Task> operation)
        {
            (int Clock, long Bytes, long Offline)[] spent = await Cluster.On(_network).RunAsync(async (outer, inner) =>
            {
                using SecretTensor x = outer.Constant(new TensorShape(count), 0.25);
                using SecretBits p = await outer.EqualsZeroAsync(x, 2);
                int start = inner.Meter.Clock;
                await operation(inner, x, p);

                // What the dealer sent is what the parties received: they send it nothing but party 0's requests, and one another nothing offline.
                long requests = inner.Meter.BytesSent(TrafficPhase.Offline);
                return (inner.Meter.Clock - start, inner.Meter.BytesSentTotal - requests, requests + inner.Meter.BytesReceived(TrafficPhase.Offline));
            });
            Assert.Equal(declared, new OperationCost(spent.Max(s => s.Clock), spent.Sum(s => s.Bytes), spent.Sum(s => s.Offline)));
        }
    }

    // The error of one value has a standard deviation of at most half a unit, so the mean of 10^5 values one of 0.0016 at most: 0.02 is 12 of them.
    [Fact]
    public async Task A_hundred_thousand_truncated_products_err_by_less_than_one_unit_and_not_on_average()
    {
        const int count = 100_000;
        ulong[] words = Words(77, count);
        (long Left, long Right)[] factors = [.. words.Select(TruncationStatisticsTests.Factors)];
        Int128 sum = await TruncationStatisticsTests.ErrorAsync([.. factors.Select(f => f.Left)], [.. factors.Select(f => f.Right)], 18, Cluster.On(_network));
        Assert.True(Int128.Abs(sum) < Int128.CreateChecked(count) * (1 << 18) / 50, $"The mean error of 10^5 products is {(double)sum / count / (1 << 18)} units.");
    }
}

public sealed class DealerProcessTestsOfTwo(DealerProcessOfTwo dealer) : DealerProcessTests(dealer), IClassFixture<DealerProcessOfTwo>;

public sealed class DealerProcessTestsOfFive(DealerProcessOfFive dealer) : DealerProcessTests(dealer), IClassFixture<DealerProcessOfFive>;
