using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Declared costs of Shamir's sharing equal measured ones, rounds and bytes, online and offline, exactly.</summary>
public class ShamirCostTests
{
    /// <summary>Parties, threshold and count: below and above the lanes that one king opens alone (64 n elements, or 64 n words of bits), and above one frame.</summary>
    public static TheoryData<int, int, int> Cases => new()
    {
        { 3, 1, 1 }, { 3, 1, 63 }, { 3, 1, 64 }, { 3, 1, 1000 }, { 3, 1, 12_289 }, { 4, 1, 1 }, { 4, 1, 255 }, { 4, 1, 256 }, { 5, 2, 64 }, { 5, 2, 319 }, { 5, 2, 320 }, { 7, 2, 65 },
        { 7, 3, 1 }, { 7, 3, 447 }, { 7, 3, 448 }, { 10, 4, 63 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Numbers(int n, int t, int count)
    {
        await CheckAsync(n, t, count, ShamirCosts.Input(n, t, count), async (s, x, p) => await s.InputAsync(1, x.Shape, Values(1, count)));
        await CheckAsync(n, t, count, ShamirCosts.InputShuffled(n, t, count, n - 1), async (s, x, p) => await s.InputShuffledAsync(n - 1, x.Shape, Values(1, count)));
        await CheckAsync(n, t, count, ShamirCosts.ShuffleRows(n, t, count), async (s, x, p) => await s.ShuffleRowsAsync(x));
        await CheckAsync(n, t, count, ShamirCosts.Agree(n, t), async (s, x, p) => await s.AgreeAsync("number", new byte[count]));
        await CheckAsync(n, t, count, ShamirCosts.Reveal(n, t, count), async (s, x, p) => await s.RevealAsync(x));
        await CheckAsync(n, t, count, ShamirCosts.Reveal(n, t, count, toAll: false), async (s, x, p) => await s.RevealToAsync(x, 1));
        foreach (int shift in new[] { 0, 1, 18 })
        {
            await CheckAsync(n, t, count, ShamirCosts.Product(n, t, count, shift), async (s, x, p) => await s.SquareAsync(x, 36 - shift));
        }

        await CheckAsync(n, t, count, ShamirCosts.Truncate(n, t, count, 11), async (s, x, p) => await s.TruncateAsync(x, 7));
        await CheckAsync(n, t, count, ShamirCosts.TruncateExact(n, t, count, 8), async (s, x, p) => await s.TruncateExactAsync(x, 10));
        await CheckAsync(n, t, count, ShamirCosts.Product(n, t, count, 18), async (s, x, p) => await s.SumOfProductsAsync([new(x, x), new(x, x)]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Bits(int n, int t, int count)
    {
        await CheckAsync(n, t, count, ShamirCosts.RevealBits(n, t, count), async (s, x, p) => await s.RevealAsync(p));
        await CheckAsync(n, t, count, ShamirCosts.And(n, t, count), async (s, x, p) => await s.AndAsync(p, p));
        await CheckAsync(n, t, count, ShamirCosts.ToArithmetic(n, t, count), async (s, x, p) => await s.ToArithmeticAsync(p));
        await CheckAsync(n, t, count, ShamirCosts.MultiplyBit(n, t, count), async (s, x, p) => await s.MultiplyBitAsync(p, x));
        await CheckAsync(n, t, count, ShamirCosts.LessThanZero(n, t, count, 32), async (s, x, p) => await s.LessThanZeroAsync(x, 32));
        await CheckAsync(n, t, count, ShamirCosts.EqualsZero(n, t, count, 44), async (s, x, p) => await s.EqualsZeroAsync(x, 44));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public async Task More_than_one_frame(int n, int t)
    {
        const int count = 70_000;
        await CheckAsync(n, t, count, ShamirCosts.Input(n, t, count), async (s, x, p) => await s.InputAsync(0, x.Shape, new double[count]), bits: false);
        await CheckAsync(n, t, count, ShamirCosts.Product(n, t, count, 0), async (s, x, p) => await s.MultiplyAsync(x, x, 36), bits: false);
        await CheckAsync(n, t, count, ShamirCosts.Truncate(n, t, count, 2), async (s, x, p) => await s.TruncateAsync(x, 16), bits: false);
        await CheckAsync(n, t, count, ShamirCosts.Reveal(n, t, count), async (s, x, p) => await s.RevealAsync(x), bits: false);
    }

    [Fact]
    public async Task Comparisons_of_every_width()
    {
        for (int width = 2; width <= 64; width += width < 8 ? 1 : 7)
        {
            await CheckAsync(3, 1, 130, ShamirCosts.LessThanZero(3, 1, 130, width), async (s, x, p) => await s.LessThanZeroAsync(x, width));
            await CheckAsync(7, 3, 130, ShamirCosts.EqualsZero(7, 3, 130, width), async (s, x, p) => await s.EqualsZeroAsync(x, width));
        }

        await CheckAsync(4, 1, 130, ShamirCosts.Window(4, 1, 130, 40), async (s, x, p) => await s.WindowAsync(x, 21, 40));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(7, 3)]
    public async Task Composed_operations(int n, int t)
    {
        PolynomialStep[] steps = [new(52, 21, 0.5, [new(0.25, 0, 0)]), new(60, 22, 0, [new(0.5, 1, 1), new(0.25, 1, 0)]), new(60, 18, 0, [new(1, 2, 1), new(0.5, 2)])];
        await CheckAsync(n, t, 70, ShamirCosts.Polynomial(n, t, 70, steps), async (s, x, p) => await s.PolynomialAsync(steps, x));
        await CheckAsync(n, t, 70, ShamirCosts.SumOfSelected(n, t, 70, 3), async (s, x, p) => await s.SumOfSelectedAsync([new(p, x), new(p, x), new(p, x)]));
        await CheckAsync(n, t, 70, ShamirCosts.Relu(n, t, 70, 32), async (s, x, p) => await s.MultiplyBitAsync(s.Not(await s.LessThanZeroAsync(x, 32)), x));
        await CheckAsync(n, t, 70, ShamirCosts.Maximum(n, t, 10, 7, 32), async (s, x, p) => await s.MaximumAsync(s.Reshape(x, new TensorShape(10, 7)), 32));
        await CheckAsync(n, t, 84, ShamirCosts.Product(n, t, 12, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            await s.DotAsync(rows, rows);
        });
        await CheckAsync(n, t, 84, ShamirCosts.Product(n, t, 144, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            using SecretMatrix matrix = s.Pack(rows, transposed: true);
            await s.MatMulAsync(rows, matrix);
        });
    }

    [Theory]
    [InlineData(3, 1, 70, 40, 0, true, true)]
    [InlineData(5, 2, 1, 37, 29, false, true)]
    [InlineData(3, 1, 4000, 40, 0, true, true)]
    [InlineData(4, 1, 3000, 62, 6, false, false)]
    [InlineData(3, 1, 70_000, 2, 0, true, true)]
    public Task Normalisation(int n, int t, int count, int width, int minimumBits, bool mayBeZero, bool squareRoot) =>
        CheckAsync(
            n,
            t,
            count,
            ShamirCosts.Normalize(n, t, count, width, minimumBits, mayBeZero, squareRoot),
            async (s, x, p) => await s.NormalizeAsync(x, width, minimumBits, mayBeZero, squareRoot),
            bits: false);

    /// <summary>A shuffled input's rounds depend on which parties its owner stands between; its bytes do not.</summary>
    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 2)]
    public async Task Shuffled_input_of_every_owner(int n, int t)
    {
        for (int owner = 0; owner < n; owner++)
        {
            OperationCost declared = ShamirCosts.InputShuffled(n, t, 100, owner);
            Assert.Equal(ShamirCosts.InputShuffled(n, t, 100).Bytes, declared.Bytes);
            await CheckAsync(n, t, 100, declared, async (s, x, p) => await s.InputShuffledAsync(owner, x.Shape, new double[100]), bits: false);
        }
    }

    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(5, 2, 1000)]
    [InlineData(7, 3, 33_000)]
    public async Task Import_and_export(int n, int t, int count)
    {
        await using var network = new InMemoryNetwork(n);
        Task<(OperationCost Import, OperationCost Export)[]> parties = Task.WhenAll(Enumerable.Range(0, n).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ShamirSession session = await ShamirSession.OpenAsync(channels, new SessionOptions { Threshold = t });
            OperationCost start = Spent(session);
            SecretTensor x = await session.ImportAsync(client.Channel, new TensorShape(count));
            OperationCost imported = Spent(session);
            await session.ExportAsync(client.Channel, x);
            OperationCost exported = Spent(session);
            return (Difference(imported, start), Difference(exported, imported));
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] channels = [.. Enumerable.Range(0, n).Select(party => links[party])];
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Shamir, n, t);
        await codec.SendAsync(channels, Values(1, count), 18, "values");
        long sent = Enumerable.Range(0, n).Sum(party => codec.ShareBytes(party, count));
        Assert.Equal(Values(1, count), await codec.ReceiveAsync(channels, count, 18));
        (OperationCost Import, OperationCost Export)[] spent = await parties;
        OperationCost import = ShamirCosts.Import(n, t, count);
        OperationCost export = ShamirCosts.Export(n, t, count);
        Assert.Equal((import.Bytes, import.OfflineBytes), (sent + spent.Sum(s => s.Import.Bytes), spent.Sum(s => s.Import.OfflineBytes)));
        Assert.Equal((export.Bytes, export.OfflineBytes), (spent.Sum(s => s.Export.Bytes), spent.Sum(s => s.Export.OfflineBytes)));
        Assert.Equal((3, 1), (import.Rounds, export.Rounds));
        Assert.InRange(spent.Max(s => s.Import.Rounds), 2, 3);
        await using EstimatingSession dry = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = t }, n);
        dry.CountImport(count);
        dry.CountExport(count);
        Assert.Equal(import + export, Played(dry));
    }

    [Theory]
    [InlineData(3, 1, 1, 1)]
    [InlineData(4, 1, 7, 50)]
    [InlineData(5, 2, 3, 11)]
    [InlineData(7, 2, 600, 60)]
    public async Task Import_of_rows_with_one_1(int n, int t, int rows, int columns)
    {
        int count = rows * columns;
        await using var network = new InMemoryNetwork(n);
        Task<OperationCost[]> parties = Task.WhenAll(Enumerable.Range(0, n).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ShamirSession session = await ShamirSession.OpenAsync(channels, new SessionOptions { Threshold = t });
            OperationCost start = Spent(session);
            using SecretTensor x = await session.ImportOneHotAsync(client.Channel, new TensorShape(rows, columns));
            return Difference(Spent(session), start);
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Shamir, n, t);
        double[] values = [.. Enumerable.Range(0, count).Select(i => i % columns == i / columns % columns ? 1.0 : 0)];
        await codec.SendAsync([.. Enumerable.Range(0, n).Select(party => links[party])], values, 0, "rows");
        long sent = Enumerable.Range(0, n).Sum(party => codec.ShareBytes(party, count));
        OperationCost[] spent = await parties;
        OperationCost declared = ShamirCosts.ImportOneHot(n, t, count);
        Assert.Equal((declared.Bytes, declared.OfflineBytes), (sent + spent.Sum(s => s.Bytes), spent.Sum(s => s.OfflineBytes)));
        Assert.Equal(5, declared.Rounds);
        Assert.InRange(spent.Max(s => s.Rounds), 4, 5);
        await using EstimatingSession dry = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = t }, n);
        dry.CountImportOneHot(count);
        Assert.Equal(declared, Played(dry));
    }

    /// <summary>What operations cost one after another: kings take turns from one to the next, so that a run may take fewer rounds than their sum.</summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(7, 2)]
    public async Task A_program_on_a_dry_run(int n, int t)
    {
        const int count = 300;
        (int Clock, long Bytes, long Offline)[] spent = await Cluster.Of(MpcProtocol.Shamir, parties: n, threshold: t).RunAsync(async (outer, inner) =>
        {
            using SecretTensor x = inner.Constant(new TensorShape(count), 0.25);
            int start = inner.Meter.Clock;
            await ProgramAsync(inner, x);
            long offline = inner.Meter.BytesSent(TrafficPhase.Offline);
            return (inner.Meter.Clock - start, inner.Meter.BytesSentTotal - offline, offline);
        });
        await using EstimatingSession dry = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = t }, n);
        await ProgramAsync(dry, dry.Placeholder(new TensorShape(count)));
        Assert.Equal(new OperationCost(spent.Max(s => s.Clock), spent.Sum(s => s.Bytes), spent.Sum(s => s.Offline)), Played(dry));
        Assert.True(Played(dry).Rounds <= dry.Total.Rounds);

        static async Task ProgramAsync(MpcSession s, SecretTensor x)
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(20, 15));
            using SecretMatrix matrix = s.Pack(rows, transposed: true);
            await s.MatMulAsync(rows, matrix);
            using SecretBits p = await s.LessThanZeroAsync(x, 21);
            await s.MultiplyAsync(x, await s.MultiplyBitAsync(p, x));
            await s.MaximumAsync(rows, 32);
            await s.DotAsync(rows, rows);
            await s.NormalizeAsync(x, 40);
            await s.EvaluateAsync(Reciprocal.Default, x);
            await s.MultiplyAsync(rows, s.Slice(rows, 1, 0, 1));
            await s.InputShuffledAsync(2, rows.Shape, new double[count]);
            await s.ShuffleRowsAsync(rows);
            await s.AgreeAsync("number", new byte[1]);
        }
    }

    [Fact]
    public async Task Dry_runs_that_there_are_not()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EstimatingSession.Create(MpcProtocol.Shamir, parties: 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = 2 }, 4));
        await using EstimatingSession seven = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = 2 }, 7);
        await using EstimatingSession below = EstimatingSession.Create(MpcProtocol.Shamir, parties: 7, parent: seven);
        Assert.Equal(7, below.PartyCount);
        Assert.Throws<ArgumentException>(() => EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = 3 }, 7, seven));
        await using EstimatingSession other = EstimatingSession.Create(MpcProtocol.Replicated3);
        Assert.Throws<ArgumentException>(() => EstimatingSession.Create(MpcProtocol.Shamir, parties: 3, parent: other));
    }

    [Fact]
    public async Task Rates_of_this_machine()
    {
        MachineRates rates = await MachineRates.MeasureAsync(MpcProtocol.Shamir, 4, 1);
        Assert.All(Enum.GetValues<WorkKind>(), kind => Assert.InRange(rates.SecondsOf(kind, 1), 0, 1));
        Assert.True(Enum.GetValues<WorkKind>().Sum(kind => rates.SecondsOf(kind, 1_000_000)) > 0);

        // Composed of others, so that there is nothing to measure.
        Assert.Equal(0, rates.SecondsOf(WorkKind.Normalization, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => MachineRates.MeasureAsync(MpcProtocol.Shamir, 4, 2));
    }

    [Fact]
    public void Costs_in_the_page_of_the_protocol()
    {
        // Bytes of one element over all parties, online and offline, for many elements; see docs/protocols/shamir.md.
        const int many = 64 * 7 * 6 * 5 * 4 * 3;
        Assert.Equal(new OperationCost(2, 48L * many, 24L * many), ShamirCosts.Product(3, 1, many, 0));
        Assert.Equal(new OperationCost(2, 64L * many, 128L * many / 3), ShamirCosts.Product(4, 1, many, 0));
        Assert.Equal(new OperationCost(2, 96L * many, 160L * many / 3), ShamirCosts.Product(5, 2, many, 0));
        Assert.Equal(2, ShamirCosts.Product(7, 3, many, 18).Rounds);
        Assert.Equal(ShamirCosts.Product(7, 3, many, 18).Bytes, ShamirCosts.Product(7, 3, many, 0).Bytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => ShamirCosts.Product(4, 2, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShamirCosts.Product(17, 1, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShamirCosts.Product(3, 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShamirCosts.Product(3, 1, 1, 63));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShamirCosts.LessThanZero(3, 1, 1, 65));
        Assert.Equal(default, ShamirCosts.Truncate(3, 1, 1, 0));
    }

    private static OperationCost Spent(MpcSession session)
    {
        TrafficSnapshot counts = session.Meter.Snapshot();
        long offline = counts.BytesSent(TrafficPhase.Offline);
        return new OperationCost(counts.Clock, counts.BytesSentTotal - offline, offline);
    }

    private static OperationCost Difference(OperationCost later, OperationCost earlier) =>
        new(later.Rounds - earlier.Rounds, later.Bytes - earlier.Bytes, later.OfflineBytes - earlier.OfflineBytes);

    private static async Task CheckAsync(
        int parties, int threshold, int count, OperationCost declared, Func<MpcSession, SecretTensor, SecretBits, Task> operation, bool bits = true)
    {
        (int Clock, long Bytes, long Offline)[] spent = await Cluster.Of(MpcProtocol.Shamir, parties: parties, threshold: threshold).RunAsync(async (outer, inner) =>
        {
            using SecretTensor x = outer.Constant(new TensorShape(count), 0.25);
            using SecretTensor single = outer.Constant(new TensorShape(1), 1);
            using SecretBits p = await outer.LessThanZeroAsync(bits ? x : single, 21);
            int start = inner.Meter.Clock;
            await operation(inner, x, p);
            long offline = inner.Meter.BytesSent(TrafficPhase.Offline);
            return (inner.Meter.Clock - start, inner.Meter.BytesSentTotal - offline, offline);
        });
        Assert.Equal(declared, new OperationCost(spent.Max(s => s.Clock), spent.Sum(s => s.Bytes), spent.Sum(s => s.Offline)));

        await using EstimatingSession above = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = threshold }, parties);
        using SecretBits known = await above.LessThanZeroAsync(above.Placeholder(new TensorShape(bits ? count : 1)), 21);
        await using EstimatingSession dry = EstimatingSession.Create(MpcProtocol.Shamir, parties: parties, parent: above);
        await operation(dry, above.Placeholder(new TensorShape(count)), known);
        Assert.Equal(declared, Played(dry));
    }

    /// <summary>What the messages of a dry run come to.</summary>
    private static OperationCost Played(EstimatingSession dry)
    {
        EstimatedRun run = dry.ToRun();
        return run.Parts(0, run.OperationCount).Aggregate(default(OperationCost), (sum, part) => sum + part.Cost);
    }
}
