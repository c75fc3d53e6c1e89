using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Shared rows in a random order.</content>
public abstract partial class SessionContract
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 70)]
    [InlineData(1000, 3)]
    [InlineData(70_001, 2)]
    public Task Shuffled_rows_are_moved_whole(int rows, int columns) => RunAsync(async s =>
    {
        double[] values = Values(5, rows * columns);
        using SecretTensor x = await s.InputAsync(0, new TensorShape(rows, columns), values, 12);
        Assert.Equal(Kind is not (MpcProtocol.Additive or MpcProtocol.Replicated3), s.ShufflesRows);
        if (!s.ShufflesRows)
        {
            NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(async () => await s.ShuffleRowsAsync(x));
            Assert.Contains(s.Protocol, error.Message, StringComparison.Ordinal);
            return;
        }

        using SecretTensor y = await s.ShuffleRowsAsync(x);
        Assert.Equal((x.Shape, x.FractionalBits), (y.Shape, y.FractionalBits));
        double[] before = await s.RevealAsync(x);
        double[] after = await s.RevealAsync(y);
        Assert.Equal(InOrder(before, columns), InOrder(after, columns));
        if (rows > 100)
        {
            Assert.NotEqual(before, after);
        }
    });

    [Fact]
    public Task Shuffled_rows_of_more_axes_move_along_the_outermost() => RunAsync(async s =>
    {
        if (s.ShufflesRows)
        {
            double[] values = [.. Enumerable.Range(0, 5 * 2 * 3).Select(i => (double)i)];
            SecretTensor x = await s.InputAsync(0, new TensorShape(5, 2, 3), values, 0);
            double[] after = await s.RevealAsync(await s.ShuffleRowsAsync(x));
            Assert.Equal(InOrder(values, 6), InOrder(after, 6));

            SecretTensor v = await s.InputAsync(0, new TensorShape(30), values, 0);
            Assert.Equal(values, (await s.RevealAsync(await s.ShuffleRowsAsync(v))).Order());
        }
    });

    /// <summary>Orders are fresh in each run; the bound is exceeded once in a billion.</summary>
    [Fact]
    public Task All_orders_of_rows_are_equally_likely() => RunAsync(async s =>
    {
        const int Times = 1200;
        if (!s.ShufflesRows)
        {
            return;
        }

        var orders = new Dictionary<(double, double, double), int>();
        SecretTensor x = await s.InputAsync(0, new TensorShape(3, 2), new double[] { 1, 1, 2, 2, 3, 3 }, 0);
        var shuffled = new List<SecretTensor>();
        for (int i = 0; i < Times; i++)
        {
            shuffled.Add(await s.ShuffleRowsAsync(x));
        }

        foreach (double[] rows in (await s.RevealAsync(s.Concatenate(shuffled, 0))).Chunk(6))
        {
            Assert.Equal((rows[0], rows[2], rows[4]), (rows[1], rows[3], rows[5]));
            orders[(rows[0], rows[2], rows[4])] = orders.GetValueOrDefault((rows[0], rows[2], rows[4])) + 1;
        }

        // 5 degrees of freedom.
        Assert.Equal(6, orders.Count);
        Assert.InRange(ChiSquare([.. orders.Values], Times / 6.0), 0, 51);
    });

    [Fact]
    public Task Shuffled_rows_need_an_axis() => RunAsync(async s =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(), new double[] { 2 });
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>("x", async () => await s.ShuffleRowsAsync(x));
        Assert.Contains("axis", error.Message, StringComparison.Ordinal);
        double[] rest = await s.RevealAsync(x);
        Assert.Equal([2.0], rest);
    });

    private static IEnumerable<double> InOrder(double[] values, int columns) =>
        values.Chunk(columns).OrderBy(row => row[0]).ThenBy(row => row[^1]).SelectMany(row => row);
}
