using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Declared costs of additive sharing equal measured ones, online and offline, exactly; and estimates equal the sum of both.</summary>
public class AdditiveCostTests
{
    public static TheoryData<int, int> Cases => new() { { 2, 1 }, { 2, 64 }, { 2, 64_001 }, { 2, 130_000 }, { 3, 65 }, { 3, 65_537 }, { 5, 1000 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Numbers(int n, int count)
    {
        await CheckAsync(n, count, AdditiveCosts.Input(), async (s, x, p) => await s.InputAsync(1, x.Shape, Values(1, count)));
        await CheckAsync(n, count, AdditiveCosts.InputShuffled(n, count), async (s, x, p) => await s.InputShuffledAsync(n - 1, x.Shape, Values(1, count)));
        await CheckAsync(n, count, AdditiveCosts.Agree(n), async (s, x, p) => await s.AgreeAsync("number", new byte[count]));
        await CheckAsync(n, count, AdditiveCosts.Reveal(n, count), async (s, x, p) => await s.RevealAsync(x));
        await CheckAsync(n, count, AdditiveCosts.Reveal(n, count, toAll: false), async (s, x, p) => await s.RevealToAsync(x, 1));
        foreach (int shift in new[] { 0, 8, 18, 36 })
        {
            await CheckAsync(n, count, AdditiveCosts.Product(n, count, shift, operands: 1), async (s, x, p) => await s.SquareAsync(x, 36 - shift));
        }

        await CheckAsync(n, count, AdditiveCosts.Truncate(n, count, 11), async (s, x, p) => await s.TruncateAsync(x, 7));
        await CheckAsync(n, count, AdditiveCosts.Product(n, count, 18, 2, 3), async (s, x, p) =>
        {
            using SecretTensor y = s.Add(x, x);
            await s.SumOfProductsAsync([new(x, y), new(x, x), new(y, y)]);
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Bits(int n, int count)
    {
        await CheckAsync(n, count, AdditiveCosts.RevealBits(n, count), async (s, x, p) => await s.RevealAsync(p));
        await CheckAsync(n, count, AdditiveCosts.And(n, count), async (s, x, p) => await s.AndAsync(p, p));
        await CheckAsync(n, count, AdditiveCosts.ToArithmetic(n, count), async (s, x, p) => await s.ToArithmeticAsync(p));
        await CheckAsync(n, count, AdditiveCosts.MultiplyBit(n, count), async (s, x, p) => await s.MultiplyBitAsync(p, x));
        foreach (int width in new[] { 32, 44 })
        {
            await CheckAsync(n, count, AdditiveCosts.LessThanZero(n, count, width), async (s, x, p) => await s.LessThanZeroAsync(x, width));
            await CheckAsync(n, count, AdditiveCosts.EqualsZero(n, count, width), async (s, x, p) => await s.EqualsZeroAsync(x, width));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Polynomials(int n, int count)
    {
        PolynomialStep[] steps = [new(52, 21, 0.5, [new(0.25, 0, 0)]), new(60, 22, 0, [new(0.5, 1, 1), new(0.25, 1, 0)]), new(60, 18, 0, [new(1, 2, 1), new(0.5, 2)])];
        await CheckAsync(n, count, AdditiveCosts.Polynomial(n, count, 18, steps), async (s, x, p) => await s.PolynomialAsync(steps, x));

        // The last step without its truncation: one opening less.
        steps[2] = steps[2] with { ResultBits = 60 };
        await CheckAsync(n, count, AdditiveCosts.Polynomial(n, count, 18, steps), async (s, x, p) => await s.PolynomialAsync(steps, x));
        Assert.Equal(3, AdditiveCosts.Polynomial(n, count, 18, steps).Rounds);
    }

    [Theory]
    [InlineData(2, 500, 2)]
    [InlineData(3, 7, 96)]
    [InlineData(2, 300, 256)]
    public async Task A_repeated_factor_is_opened_in_its_own_size(int n, int rows, int columns)
    {
        int count = rows * columns;
        await CheckAsync(n, count, AdditiveCosts.Product(n, count, 18, 1, repeated: [rows]), (s, x, p) => TimesAsync(s, x, rows, 1));
        await CheckAsync(n, count, AdditiveCosts.Product(n, count, 18, 1, repeated: [columns]), (s, x, p) => TimesAsync(s, x, 1, columns));
        await CheckAsync(n, count, AdditiveCosts.Product(n, count, 0, 1, 2, [rows, columns]), async (s, x, p) =>
        {
            SecretTensor whole = s.Reshape(x, new TensorShape(rows, columns));
            await s.SumOfProductsAsync([new(whole, s.Slice(whole, 1, 0, 1)), new(whole, s.Slice(whole, 0, 0, 1))], null, 36);
        });

        async Task TimesAsync(MpcSession s, SecretTensor x, int height, int width)
        {
            SecretTensor whole = s.Reshape(x, new TensorShape(rows, columns));
            await s.MultiplyAsync(whole, s.Slice(s.Slice(whole, 0, 0, height), 1, 0, width));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Inner_and_matrix_products(int n)
    {
        await CheckAsync(n, 84, AdditiveCosts.Dot(n, 12, 7, 18, square: true), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            await s.DotAsync(rows, rows);
        });
        await CheckAsync(n, 84, AdditiveCosts.MatMul(n, 1, 12, 7, 12, 18), async (s, x, p) =>
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            await s.MatMulAsync(rows, rows, transposeRight: true);
        });
        OperationCost opening = AdditiveCosts.OpenMatrix(n, 12, 7);
        OperationCost first = AdditiveCosts.MatMulPacked(n, 7, 12, 7, 0);
        Assert.Equal(n * (n - 1L) * 84 * 8, opening.Bytes);

        // Opening the matrix is setup: a round, but no bytes of any total. The second product has neither.
        await CheckAsync(n, 84, new OperationCost(first.Rounds + 1, first.Bytes, first.OfflineBytes), ProductsAsync(1));
        await CheckAsync(n, 84, new OperationCost((2 * first.Rounds) + 1, 2 * first.Bytes, 2 * first.OfflineBytes), ProductsAsync(2));
    }

    [Fact]
    public async Task Comparisons_of_every_width()
    {
        for (int width = 2; width <= 64; width += 3)
        {
            await CheckAsync(2, 130, AdditiveCosts.LessThanZero(2, 130, width), async (s, x, p) => await s.LessThanZeroAsync(x, width));
            await CheckAsync(3, 130, AdditiveCosts.EqualsZero(3, 130, width), async (s, x, p) => await s.EqualsZeroAsync(x, width));
        }
    }

    [Theory]
    [InlineData(2, 1, 40, 0, true, true)]
    [InlineData(2, 64_001, 46, 6, true, false)]
    [InlineData(2, 130_000, 62, 0, true, true)]
    [InlineData(3, 65, 37, 29, false, false)]
    [InlineData(3, 300, 2, 0, true, true)]
    [InlineData(5, 1000, 62, 19, false, true)]
    public Task Normalisation(int n, int count, int width, int minimumBits, bool mayBeZero, bool squareRoot) =>
        CheckAsync(n, count, AdditiveCosts.Normalize(n, count, width, minimumBits, mayBeZero, squareRoot), async (s, x, p) =>
        {
            await s.NormalizeAsync(x, width, minimumBits, mayBeZero, squareRoot);
        });

    [Fact]
    public async Task An_estimate_is_the_sum_of_the_declared_costs()
    {
        const int count = 300;
        OperationCost measured = await MeasureAsync(3, count, ProgramAsync);
        EstimatingSession estimate = EstimatingSession.Create(MpcProtocol.Additive, parties: 3);
        await ProgramAsync(estimate, estimate.Placeholder(new TensorShape(count)), await estimate.LessThanZeroAsync(estimate.Placeholder(new TensorShape(count)), 21));
        OperationCost declared = estimate.Total;
        OperationCost bit = AdditiveCosts.LessThanZero(3, count, 21);
        Assert.Equal(measured.Bytes, declared.Bytes - bit.Bytes);
        Assert.Equal(measured.OfflineBytes, declared.OfflineBytes - bit.OfflineBytes);

        static async Task ProgramAsync(MpcSession s, SecretTensor x, SecretBits p)
        {
            using SecretTensor rows = s.Reshape(x, new TensorShape(20, 15));
            using SecretMatrix matrix = s.Pack(rows, transposed: true);
            await s.MatMulAsync(rows, matrix);
            await s.MultiplyAsync(x, await s.MultiplyBitAsync(p, x));
            await s.MaximumAsync(rows, 32);
            await s.DotAsync(rows, rows);
            await s.NormalizeAsync(x, 40);
            await s.EvaluateAsync(Reciprocal.Default, x);
            await s.MultiplyAsync(rows, s.Slice(rows, 1, 0, 1));
            await s.InputShuffledAsync(0, rows.Shape, new double[count]);
        }
    }

    [Fact]
    public void A_product_takes_48_bytes_online_and_11_offline_a_sign_12_and_a_half_and_15_and_a_half()
    {
        const int count = 64_000;
        OperationCost product = AdditiveCosts.Product(2, count, 18);
        Assert.Equal((48.0, 11), ((double)product.Bytes / count, product.OfflineBytes / count));
        OperationCost sign = AdditiveCosts.LessThanZero(2, count, 32);
        Assert.Equal((4, 12.5, 15), (sign.Rounds, (double)sign.Bytes / count, sign.OfflineBytes / count));
        Assert.Throws<ArgumentOutOfRangeException>(() => AdditiveCosts.Reveal(9, 1));
        Assert.Equal(new OperationCost(1, 8, 24), AdditiveCosts.InputShuffled(2, 1));
        Assert.Equal(new OperationCost(2, 24, 32), AdditiveCosts.InputShuffled(3, 1));
        Assert.Equal(new OperationCost(4, 8 * 13, 48), AdditiveCosts.InputShuffled(5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => AdditiveCosts.Truncate(2, 1, 63));
    }

    private static Func<MpcSession, SecretTensor, SecretBits, Task> ProductsAsync(int times) => async (s, x, p) =>
    {
        using SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
        using SecretTensor columns = s.Permute(rows, 1, 0);
        using SecretMatrix matrix = s.Pack(rows);
        for (int i = 0; i < times; i++)
        {
            await s.MatMulAsync(columns, matrix, fractionalBits: 36);
        }
    };

    private static async Task CheckAsync(int parties, int count, OperationCost declared, Func<MpcSession, SecretTensor, SecretBits, Task> operation) =>
        Assert.Equal(declared, await MeasureAsync(parties, count, operation));

    private static async Task<OperationCost> MeasureAsync(int parties, int count, Func<MpcSession, SecretTensor, SecretBits, Task> operation)
    {
        Cluster cluster = Cluster.Of(MpcProtocol.Additive, parties: parties);
        (int Clock, long Bytes, long Offline)[] spent = await cluster.RunAsync(async (outer, inner) =>
        {
            using SecretTensor x = outer.Constant(new TensorShape(count), 0.25);
            using SecretBits p = await outer.EqualsZeroAsync(x, 2);
            int start = inner.Meter.Clock;
            await operation(inner, x, p);
            long offline = inner.Meter.BytesSent(TrafficPhase.Offline);
            return (inner.Meter.Clock - start, inner.Meter.BytesSentTotal - offline, offline);
        });

        // In the outer session the dealer made the bits alone.
        long made = AdditiveCosts.EqualsZero(parties, count, 2).OfflineBytes - (4 * sizeof(int));
        return new OperationCost(spent.Max(s => s.Clock), spent.Sum(s => s.Bytes), spent.Sum(s => s.Offline) + cluster.DealerBytes - made);
    }
}
