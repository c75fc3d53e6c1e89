using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Declared costs equal measured ones, exactly. Operands are made in the outer session, so that in the inner one all parties' clocks start equal.</summary>
public class ReplicatedCostTests
{
    public static TheoryData<int> Counts => [1, 63, 64, 65, 1000, 64_000, 64_001, 65_537, 130_000];

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Numbers(int count)
    {
        await CheckAsync(count, ReplicatedCosts.Input(count), async (s, x, p) => await s.InputAsync(1, x.Shape, Values(1, count)));
        await CheckAsync(count, ReplicatedCosts.InputShuffled(count), async (s, x, p) => await s.InputShuffledAsync(1, x.Shape, Values(1, count)));
        await CheckAsync(count, ReplicatedCosts.Agree(), async (s, x, p) => await s.AgreeAsync("number", new byte[count]));
        await CheckAsync(count, ReplicatedCosts.Reveal(count), async (s, x, p) => await s.RevealAsync(x));
        await CheckAsync(count, ReplicatedCosts.Reveal(count, toAll: false), async (s, x, p) => await s.RevealToAsync(x, 2));
        foreach (int shift in new[] { 0, 1, 7, 8, 18, 23, 36 })
        {
            await CheckAsync(count, ReplicatedCosts.Product(count, shift), async (s, x, p) => await s.MultiplyAsync(x, x, 36 - shift));
            if (shift <= 18)
            {
                await CheckAsync(count, ReplicatedCosts.Truncate(count, shift), async (s, x, p) => await s.TruncateAsync(x, 18 - shift));
            }
        }
    }

    [Fact]
    public async Task Inner_and_matrix_products_cost_their_result()
    {
        await CheckAsync(12 * 7, ReplicatedCosts.Product(12, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            await s.DotAsync(rows, rows);
        });
        await CheckAsync(12 * 7, ReplicatedCosts.Product(144, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            await s.MatMulAsync(rows, rows, transposeRight: true);
        });
        await CheckAsync(12 * 7, ReplicatedCosts.Product(49, 0), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            using SecretTensor columns = s.Permute(rows, 1, 0);
            using SecretMatrix matrix = s.Pack(rows);
            await s.MatMulAsync(columns, matrix, fractionalBits: 36);
        });
        await CheckAsync(12 * 7, ReplicatedCosts.Product(144, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            using SecretMatrix matrix = s.Pack(rows);
            await s.MatMulAsync(rows, matrix, transposeRight: true);
        });
        await CheckAsync(12, ReplicatedCosts.Product(12, 18), async (s, x, p) => await s.SumOfProductsAsync([new(x, x), new(x, x), new(x, x)]));
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Bits(int count)
    {
        await CheckAsync(count, ReplicatedCosts.RevealBits(count), async (s, x, p) => await s.RevealAsync(p));
        await CheckAsync(count, ReplicatedCosts.And(count), async (s, x, p) => await s.AndAsync(p, p));
        await CheckAsync(count, ReplicatedCosts.ToArithmetic(count), async (s, x, p) => await s.ToArithmeticAsync(p));
        await CheckAsync(count, ReplicatedCosts.MultiplyBit(count), async (s, x, p) => await s.MultiplyBitAsync(p, x));
        await CheckAsync(count, ReplicatedCosts.MultiplyBit(count), async (s, x, p) => await s.SelectAsync(p, x, x));
        await CheckAsync(count, ReplicatedCosts.SumOfSelected(count, 3), async (s, x, p) => await s.SumOfSelectedAsync([new(p, x), new(p, x), new(p, x)]));
        await CheckAsync(count, ReplicatedCosts.Exponential(count, 18), async (s, x, p) => await s.ExponentialAsync(x, p));
        var five = new HarmonicSum(3, 0.5, 0.5, 4, [0.5, 0.25, 0.125, 0.0625, 0.03]);
        var two = new HarmonicSum(5, 0, 0, null, [0, 1], [1, 1]);
        await CheckAsync(count, ReplicatedCosts.HarmonicSum(count, five, 18), async (s, x, p) => await s.HarmonicSumAsync(five, x));
        await CheckAsync(count, ReplicatedCosts.HarmonicSum(count, two, 18), async (s, x, p) => await s.HarmonicSumAsync(two, x));
        foreach (int width in new[] { 32, 44 })
        {
            await CheckAsync(count, ReplicatedCosts.LessThanZero(count, width), async (s, x, p) => await s.LessThanZeroAsync(x, width));
            await CheckAsync(count, ReplicatedCosts.EqualsZero(count, width), async (s, x, p) => await s.EqualsZeroAsync(x, width));
        }

        await CheckAsync(count, ReplicatedCosts.LessThanZero(count, 32, 11), async (s, x, p) => await s.RoughlyLessThanZeroAsync(x, 32, 11));
        await CheckAsync(count, ReplicatedCosts.Window(count, 21, 44), async (s, x, p) => await s.WindowAsync(x, 21, 44));
        await CheckAsync(count, ReplicatedCosts.Window(count, 21, 44, 8), async (s, x, p) => await s.WindowAsync(x, 21, 44, 8));
    }

    [Fact]
    public async Task Comparisons_of_every_width()
    {
        for (int width = 2; width <= 64; width++)
        {
            await CheckAsync(130, ReplicatedCosts.LessThanZero(130, width), async (s, x, p) => await s.LessThanZeroAsync(x, width));
            await CheckAsync(130, ReplicatedCosts.EqualsZero(130, width), async (s, x, p) => await s.EqualsZeroAsync(x, width));
            if (width > 2)
            {
                await CheckAsync(130, ReplicatedCosts.Window(130, width / 2, width), async (s, x, p) => await s.WindowAsync(x, width / 2, width));
            }
        }
    }

    [Fact]
    public void Comparisons_take_as_few_bits_as_declared()
    {
        // Bits of a value: what is dealt, codes and products of masks, and twice what is opened.
        Assert.Equal(new OperationCost(5, 64_000 / 8 * 143), ReplicatedCosts.LessThanZero(64_000, 32));
        Assert.Equal(new OperationCost(5, 64_000 / 8 * 203), ReplicatedCosts.LessThanZero(64_000, 44));
        Assert.Equal(ReplicatedCosts.LessThanZero(1000, 21), ReplicatedCosts.LessThanZero(1000, 32, 11));
        for (int width = 8; width < 64; width++)
        {
            // A bit more may take a level more, which saves bits.
            Assert.InRange(ReplicatedCosts.LessThanZero(64, width + 1).Bytes, ReplicatedCosts.LessThanZero(64, width).Bytes * 9 / 10, ReplicatedCosts.LessThanZero(64, width).Bytes * 5 / 4);
            Assert.InRange(ReplicatedCosts.Window(64, width / 2, width).Bytes, 1, 2 * ReplicatedCosts.LessThanZero(64, width).Bytes);
        }
    }

    [Fact]
    public void Truncation_from_a_smaller_ring_opens_fewer_bytes()
    {
        Assert.Equal(new OperationCost(2, 1000 * ((2 * 8) + 8 + (3 * 3))), ReplicatedCosts.Truncate(1000, 18));
        Assert.Equal(new OperationCost(2, 1000 * ((2 * 3) + 8 + (3 * 6))), ReplicatedCosts.Truncate(1000, 7, 24));
        Assert.Equal(new OperationCost(2, 1000 * ((2 * 7) + 8 + (3 * 4))), ReplicatedCosts.Product(1000, 18, 56));
        Assert.Equal(new OperationCost(2, 1000 * ((2 * 5) + 8 + (3 * 4))), ReplicatedCosts.Product(1000, 0, 40));
        Assert.Equal(default, ReplicatedCosts.Truncate(1000, 0));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(1000, 18)]
    [InlineData(65_537, 3)]
    public async Task Exact_truncation(int count, int shift)
    {
        OperationCost declared = ReplicatedCosts.TruncateExact(count, shift);
        Func<MpcSession, SecretTensor, SecretBits, Task> truncate = async (s, x, p) => await s.TruncateExactAsync(x, 18 - shift);
        OperationCost measured = await MeasureAsync(count, truncate, bits: false);
        Assert.Equal(declared.Bytes, measured.Bytes);
        Assert.Equal(measured, await PlayAsync(count, truncate));
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Normalization_of_any_number(int count)
    {
        await CheckAsync(count, ReplicatedCosts.Normalize(count, 40), async (s, x, p) => await s.NormalizeAsync(x, 40));
        await CheckAsync(count, ReplicatedCosts.Normalize(count, 46, 6, mayBeZero: false, squareRoot: false), async (s, x, p) => await s.NormalizeAsync(x, 46, 6, false, false));
    }

    [Fact]
    public async Task Normalization_of_every_width()
    {
        for (int width = 2; width <= 62; width++)
        {
            int minimumBits = width / 3;
            await CheckAsync(130, ReplicatedCosts.Normalize(130, width), async (s, x, p) => await s.NormalizeAsync(x, width));
            await CheckAsync(130, ReplicatedCosts.Normalize(130, width, minimumBits, false, false), async (s, x, p) => await s.NormalizeAsync(x, width, minimumBits, false, false));
        }

        // 611 planes, 13 result bits of 8 bytes, 3 tables of 16 and a product of 24; the square root has three tables and one product more.
        Assert.Equal(new OperationCost(10, 64_000 / 8 * (611L + (8 * (104 + 48 + 24)))), ReplicatedCosts.Normalize(64_000, 40, squareRoot: false));
        Assert.Equal(new OperationCost(10, 64_000 / 8 * (611L + (8 * (104 + 96 + 48)))), ReplicatedCosts.Normalize(64_000, 40));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 7)]
    [InlineData(70, 64)]
    public async Task Maximum(int rows, int columns)
    {
        OperationCost declared = ReplicatedCosts.Maximum(rows, columns, 32);
        Func<MpcSession, SecretTensor, SecretBits, Task> maximum = async (s, x, p) =>
        {
            using SecretTensor matrix = s.Reshape(x, new TensorShape(rows, columns));
            await s.MaximumAsync(matrix, 32);
        };
        OperationCost measured = await MeasureAsync(rows * columns, maximum);
        Assert.Equal(declared.Bytes, measured.Bytes);
        Assert.Equal(measured, await PlayAsync(rows * columns, maximum));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65_537)]
    public async Task Import_and_export(int count)
    {
        await using var network = new InMemoryNetwork(3);
        Task<(long Input, long Output)[]> parties = Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ReplicatedSession session = await ReplicatedSession.OpenAsync(channels);
            TrafficSnapshot before = session.Meter.Snapshot();
            SecretTensor x = await session.ImportAsync(client.Channel, new TensorShape(count));
            await session.ExportAsync(client.Channel, x);
            TrafficSnapshot spent = session.Meter.Snapshot() - before;
            return (spent.BytesSent(TrafficPhase.Input), spent.BytesSent(TrafficPhase.Output));
        })));
        ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] channels = [links[0], links[1], links[2]];
        long start = links.Meter.BytesSent(links.Meter.Phase);
        await ShareCodec.Create(MpcProtocol.Replicated3).SendAsync(channels, Values(1, count), 18, "values");
        long sent = links.Meter.BytesSent(links.Meter.Phase) - start;
        await ShareCodec.Create(MpcProtocol.Replicated3).ReceiveAsync(channels, count, 18);
        (long Input, long Output)[] spent = await parties;
        Assert.Equal(ReplicatedCosts.Import(count).Bytes, sent + spent.Sum(p => p.Input));
        Assert.Equal(ReplicatedCosts.Export(count).Bytes, spent.Sum(p => p.Output));
        await links.DisposeAsync();
    }

    [Fact]
    public async Task A_product_with_truncation_takes_at_most_40_bytes_a_sign_40_its_number_64_and_a_rectifier_90()
    {
        const int count = 1_000_000;
        Assert.InRange(ReplicatedCosts.Product(count, 18).Bytes, 1, 40L * count);
        OperationCost sign = await MeasureAsync(count, async (s, x, p) => await s.LessThanZeroAsync(x, 32), bits: false);
        Assert.Equal(ReplicatedCosts.LessThanZero(count, 32), sign);
        Assert.InRange(sign.Bytes, 1, 40L * count);
        Assert.InRange((ReplicatedCosts.LessThanZero(count, 32) + ReplicatedCosts.ToArithmetic(count)).Bytes, 1, 64L * count);
        Assert.InRange(ReplicatedCosts.Relu(count, 32).Bytes, 1, 90L * count);
        Assert.Equal(33.0, ReplicatedCosts.Product(count, 18).Bytes / (double)count);
    }

    [Fact]
    public void Costs_add_up()
    {
        var cost = new OperationCost(2, 100);
        Assert.Equal(new OperationCost(5, 107), cost + new OperationCost(3, 7));
        Assert.Equal(new OperationCost(6, 300), cost * 3);
        Assert.Equal("2 rounds, 100 bytes", cost.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedCosts.Product(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedCosts.Product(1, 63));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedCosts.Truncate(1, 7, 36));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedCosts.LessThanZero(1, 65));
    }

    private static async Task CheckAsync(int count, OperationCost declared, Func<MpcSession, SecretTensor, SecretBits, Task> operation)
    {
        Assert.Equal(declared, await MeasureAsync(count, operation));
        Assert.Equal(declared, await PlayAsync(count, operation));
    }

    /// <summary>What the messages that the operation declares come to.</summary>
    private static async Task<OperationCost> PlayAsync(int count, Func<MpcSession, SecretTensor, SecretBits, Task> operation)
    {
        await using var outer = EstimatingSession.Create(MpcProtocol.Replicated3);
        using SecretBits p = await outer.LessThanZeroAsync(outer.Placeholder(new TensorShape(count)), 21);
        await using var inner = EstimatingSession.Create(MpcProtocol.Replicated3, parent: outer);
        await operation(inner, outer.Placeholder(new TensorShape(count)), p);
        EstimatedRun run = inner.ToRun();
        return run.Parts(0, run.OperationCount).Aggregate(default(OperationCost), (sum, part) => sum + part.Cost);
    }

    private static async Task<OperationCost> MeasureAsync(int count, Func<MpcSession, SecretTensor, SecretBits, Task> operation, bool bits = true)
    {
        (int Clock, long Bytes)[] spent = await Cluster.Of(MpcProtocol.Replicated3).RunAsync(async (outer, inner) =>
        {
            using SecretTensor x = outer.Constant(new TensorShape(count), 0.25);
            using SecretTensor single = outer.Constant(new TensorShape(1), 1);
            using SecretBits p = await outer.LessThanZeroAsync(bits ? x : single, 21);
            int start = inner.Meter.Clock;
            await operation(inner, x, p);
            return (inner.Meter.Clock - start, inner.Meter.BytesSentTotal);
        });
        return new OperationCost(spent.Max(s => s.Clock), spent.Sum(s => s.Bytes));
    }
}
