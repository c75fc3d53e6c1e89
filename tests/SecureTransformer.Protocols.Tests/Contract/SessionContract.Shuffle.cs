using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Input in a random order.</content>
public abstract partial class SessionContract
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 1025)]
    [InlineData(70, 1000)]
    [InlineData(2, 65_537)]
    public Task A_shuffled_input_keeps_the_values_of_each_row(int rows, int columns) => RunAsync(async s =>
    {
        for (int owner = 0; owner < s.PartyCount; owner++)
        {
            double[] values = Values((ulong)owner + 1, rows * columns);
            ReadOnlyMemory<double> own = owner == s.PartyId ? values : default(ReadOnlyMemory<double>);
            using SecretTensor x = await s.InputShuffledAsync(owner, new TensorShape(rows, columns), own, 12);
            Assert.Equal((new TensorShape(rows, columns), 12), (x.Shape, x.FractionalBits));
            double[] shuffled = await s.RevealAsync(x);
            Assert.Equal(values.Chunk(columns).SelectMany(row => row.Order()), shuffled.Chunk(columns).SelectMany(row => row.Order()));
            if (columns > 1000)
            {
                Assert.NotEqual(values, shuffled);
            }
        }
    });

    [Fact]
    public Task Every_row_and_every_call_has_an_order_of_its_own() => RunAsync(async s =>
    {
        double[] row = [.. Enumerable.Range(0, 40).Select(i => (double)i)];
        double[] rows = [.. row, .. row, .. row];
        SecretTensor first = await s.InputShuffledAsync(0, new TensorShape(3, 1, 40), rows);
        SecretTensor second = await s.InputShuffledAsync(0, new TensorShape(3, 1, 40), rows);
        double[][] orders = [row, .. (await s.RevealAsync(first)).Chunk(40), .. (await s.RevealAsync(second)).Chunk(40)];
        for (int i = 0; i < orders.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.NotEqual(orders[i], orders[j]);
            }
        }
    });

    /// <summary>Orders are fresh in each run; bounds are exceeded once in a billion.</summary>
    [Fact]
    public Task All_orders_are_equally_likely() => RunAsync(async s =>
    {
        const int Rows = 24_000;
        for (int owner = 0; owner < s.PartyCount; owner++)
        {
            double[] values = [.. Enumerable.Range(0, 4 * Rows).Select(i => (double)(i % 4))];
            double[] shuffled = await s.RevealAsync(await s.InputShuffledAsync(owner, new TensorShape(Rows, 4), values));
            int[] orders = new int[256];
            int[] same = new int[256];
            int last = 0;
            foreach (double[] row in shuffled.Chunk(4))
            {
                int order = (int)((64 * row[0]) + (16 * row[1]) + (4 * row[2]) + row[3]);
                orders[order]++;
                same[(16 * ((int)row[0])) + last]++;
                last = (int)row[0];
            }

            // 23 and 15 degrees of freedom: each of the 24 orders, and the first value given that of the row before.
            Assert.InRange(ChiSquare([.. orders.Where(c => c > 0)], Rows / 24.0), 0, 91);
            Assert.Equal(24, orders.Count(c => c > 0));
            Assert.InRange(ChiSquare([.. Enumerable.Range(0, 16).Select(i => same[(16 * (i / 4)) + (i % 4)])], Rows / 16.0), 0, 80);
        }
    });

    [Fact]
    public Task Every_value_of_a_long_row_comes_to_every_place() => RunAsync(async s =>
    {
        const int Columns = 64;
        const int Rows = 4000;
        double[] values = [.. Enumerable.Range(0, Columns * Rows).Select(i => (double)(i % Columns))];
        double[] shuffled = await s.RevealAsync(await s.InputShuffledAsync(0, new TensorShape(Rows, Columns), values));
        foreach (int value in new[] { 0, 1, 40, Columns - 1 })
        {
            int[] places = new int[Columns];
            foreach (double[] row in shuffled.Chunk(Columns))
            {
                places[Array.IndexOf(row, value)]++;
            }

            // 63 degrees of freedom.
            Assert.InRange(ChiSquare(places, (double)Rows / Columns), 0, 165);
        }
    });

    [Fact]
    public Task A_shuffled_input_refuses_what_an_input_refuses() => RunAsync(async s =>
    {
        await RefusesAsync<ArgumentOutOfRangeException>(
            () => Started(s.InputShuffledAsync(-1, new TensorShape(2, 3), new double[6])),
            () => Started(s.InputShuffledAsync(s.PartyCount, new TensorShape(2, 3), new double[6])));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>("shape", async () => await s.InputShuffledAsync(0, new TensorShape(), new double[1]));
        Assert.Contains("axis", error.Message, StringComparison.Ordinal);
        if (s.PartyId == 0)
        {
            error = await Assert.ThrowsAsync<ArgumentException>("values", async () => await s.InputShuffledAsync(0, new TensorShape(2, 3), new double[5]));
            Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
        }

        double[] alike = [2, 2];
        Assert.Equal(alike, await s.RevealAsync(await s.InputShuffledAsync(0, new TensorShape(2), alike)));
    });

    private static double ChiSquare(int[] seen, double expected) => seen.Sum(c => (c - expected) * (c - expected) / expected);
}
