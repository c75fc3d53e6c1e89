using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What every session does with numbers: input, reveal, linear operations, shapes, products.</summary>
public abstract class ArithmeticContract
{
    /// <summary>One unit in the last place at the default precision, with room for two roundings.</summary>
    protected virtual double Tolerance => Math.ScaleB(2, -18);

    internal abstract Cluster NewCluster(Transport.TransportOptions? transport = null);

    protected Task RunAsync(Func<MpcSession, Task> program) => NewCluster().RunAsync(async session =>
    {
        await program(session);
        return true;
    });

    protected static ValueTask<SecretTensor> InputAsync(MpcSession session, ulong seed, TensorShape shape, double scale = 8, int? fractionalBits = null) =>
        session.InputAsync((int)(seed % (ulong)session.PartyCount), shape, Values(seed, shape.Count, scale), fractionalBits);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1025)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_075)]
    public Task Input_from_each_party_is_revealed_to_all_and_to_one(int count) => RunAsync(async s =>
    {
        for (int owner = 0; owner < s.PartyCount; owner++)
        {
            double[] values = Values((ulong)owner + 1, count);
            SecretTensor x = await s.InputAsync(owner, new TensorShape(count), owner == s.PartyId ? values : default(ReadOnlyMemory<double>));
            Assert.Equal(values, await s.RevealAsync(x));
            for (int party = 0; party < s.PartyCount; party++)
            {
                Assert.Equal(party == s.PartyId ? values : null, await s.RevealToAsync(x, party));
            }
        }
    });

    [Fact]
    public Task Input_reaches_the_ends_of_the_range() => RunAsync(async s =>
    {
        double largest = Math.ScaleB(1, 44) - Math.ScaleB(1, -8);
        double[] values = [largest, -largest, 0, Math.ScaleB(1, -18), -Math.ScaleB(1, -18)];
        SecretTensor x = await s.InputAsync(0, new TensorShape(5), values);
        Assert.Equal(values, await s.RevealAsync(x));
        Assert.Equal(values.Select(v => -v), await s.RevealAsync(s.Negate(x)));
    });

    [Fact]
    public Task Linear_operations_are_exact() => RunAsync(async s =>
    {
        var shape = new TensorShape(3, 5, 7);
        double[] a = Values(1, 105);
        double[] b = Values(2, 105);
        SecretTensor x = await InputAsync(s, 1, shape);
        SecretTensor y = await InputAsync(s, 2, shape);
        Assert.Equal(a.Zip(b, (p, q) => p + q), await s.RevealAsync(s.Add(x, y)));
        Assert.Equal(a.Zip(b, (p, q) => p - q), await s.RevealAsync(s.Subtract(x, y)));
        Assert.Equal(a.Select(p => p + 1.25), await s.RevealAsync(s.AddPublic(x, 1.25)));
        double[] row = [0.5, -1, 2, 3, 4, 5, -6];
        Assert.Equal(a.Select((p, i) => p + row[i % 7]), await s.RevealAsync(s.AddPublic(x, row)));
        Assert.Equal(a.Select(p => -3 * p), await s.RevealAsync(s.MultiplyInteger(x, -3)));
        long[] factors = [1, 0, -1, 2, 5, 0, 7];
        Assert.Equal(a.Select((p, i) => p * factors[i % 7]), await s.RevealAsync(s.MultiplyInteger(x, factors)));
        SecretTensor scaled = s.MultiplyPublic(x, -0.375, 10);
        Assert.Equal(28, scaled.FractionalBits);
        Assert.Equal(a.Select(p => p * -0.375), await s.RevealAsync(scaled));
        double[] turns = [0.5, -0.25, 1, 0, -1, 0.125, 3];
        SecretTensor turned = s.MultiplyPublic(x, turns, 5);
        Assert.Equal(23, turned.FractionalBits);
        Assert.Equal(a.Select((p, i) => p * turns[i % 7]), await s.RevealAsync(turned));
        Assert.Throws<ArgumentException>(() => s.MultiplyPublic(x, turns.AsSpan(0, 4), 5));
        Assert.Equal(a.Select(p => p * 8), await s.RevealAsync(s.MultiplyPowerOfTwo(x, 3)));
        Assert.Equal(a.Select(p => p / 4), await s.RevealAsync(s.MultiplyPowerOfTwo(x, -2)));
        Assert.Equal(a.Chunk(7).Select(r => r.Sum()), await s.RevealAsync(s.Sum(x)));
        Assert.Equal(new TensorShape(3, 5, 1), s.Sum(x).Shape);
        Assert.Equal(Enumerable.Repeat(-2.5, 6), await s.RevealAsync(s.Constant(new TensorShape(2, 3), -2.5)));
        Assert.Equal(a, await s.RevealAsync(x));
    });

    [Fact]
    public Task The_right_operand_is_broadcast() => RunAsync(async s =>
    {
        double[] a = Values(1, 24);
        SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3, 4));
        foreach (TensorShape shape in new[] { new TensorShape(), new TensorShape(1), new TensorShape(4), new TensorShape(3, 1), new TensorShape(2, 1, 4), new TensorShape(2, 1, 1) })
        {
            double[] b = Values(2, shape.Count);
            SecretTensor y = await InputAsync(s, 2, shape);
            double[] wide = await s.RevealAsync(s.BroadcastTo(y, x.Shape));
            for (int i = 0; i < 24; i++)
            {
                int[] at = [i / 12, i / 4 % 3, i % 4];
                int index = 0;
                for (int axis = 0; axis < shape.Rank; axis++)
                {
                    index = (index * shape[axis]) + (shape[axis] == 1 ? 0 : at[3 - shape.Rank + axis]);
                }

                Assert.Equal(b[index], wide[i]);
            }

            Assert.Equal(a.Zip(wide, (p, q) => p + q), await s.RevealAsync(s.Add(x, y)));
            Assert.Equal(a.Zip(wide, (p, q) => p - q), await s.RevealAsync(s.Subtract(x, y)));
            Near([.. a.Zip(wide, (p, q) => p * q)], await s.RevealAsync(await s.MultiplyAsync(x, y)), Tolerance);
        }
    });

    /// <summary>More elements than one frame has.</summary>
    [Fact]
    public Task A_factor_is_repeated_over_many_rows() => RunAsync(async s =>
    {
        const int rows = 700;
        const int columns = 97;
        double[] a = Values(1, rows * columns);
        SecretTensor x = await InputAsync(s, 1, new TensorShape(rows, columns));
        SecretTensor perRow = await InputAsync(s, 2, new TensorShape(rows, 1));
        SecretTensor row = await InputAsync(s, 3, new TensorShape(columns));
        SecretTensor scalar = await InputAsync(s, 4, new TensorShape());
        (double[] r, double[] c, double one) = (Values(2, rows), Values(3, columns), Values(4, 1)[0]);
        Near([.. a.Select((v, i) => v * r[i / columns])], await s.RevealAsync(await s.MultiplyAsync(x, perRow)), Tolerance);
        SecretTensor sum = await s.SumOfProductsAsync([new(x, row), new(x, scalar), new(x, perRow)], s.MultiplyPublic(row, 1, row.FractionalBits));
        Near([.. a.Select((v, i) => (v * (c[i % columns] + one + r[i / columns])) + c[i % columns])], await s.RevealAsync(sum), Tolerance);
    });

    [Fact]
    public Task Shapes_move_elements_and_nothing_else() => RunAsync(async s =>
    {
        double[] a = Values(1, 30);
        SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3, 5));
        SecretTensor flat = s.Reshape(x, new TensorShape(30));
        Assert.Equal(a, await s.RevealAsync(flat));
        Assert.Equal(a[15..], await s.RevealAsync(s.Slice(x, 0, 1, 1)));
        Assert.Equal(Pick((b, r, c) => r is 1 or 2), await s.RevealAsync(s.Slice(x, 1, 1, 2)));
        Assert.Equal(Pick((b, r, c) => c is >= 2 and < 5), await s.RevealAsync(s.Slice(x, -1, 2, 3)));
        Assert.Equal(a[7..20], await s.RevealAsync(s.Slice(flat, 0, 7, 13)));

        SecretTensor turned = s.Permute(x, 2, 0, 1);
        Assert.Equal(new TensorShape(5, 2, 3), turned.Shape);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => a[((i / 3 % 2) * 15) + (i % 3 * 5) + (i / 6)]), await s.RevealAsync(turned));
        Assert.Equal(a, await s.RevealAsync(s.Permute(turned, 1, 2, 0)));

        for (int axis = 0; axis < 3; axis++)
        {
            int extent = x.Shape[axis];
            SecretTensor first = s.Slice(x, axis, 0, 1);
            SecretTensor rest = s.Slice(x, axis, 1, extent - 1);
            Assert.Equal(a, await s.RevealAsync(s.Concatenate([first, rest], axis)));
        }

        Assert.Equal(a[15..].Concat(a), await s.RevealAsync(s.GatherRows(x, 1, 0, 1)));
        double[] picked = [a[29], 0, a[0], a[29]];
        Assert.Equal(picked, await s.RevealAsync(s.Gather(x, [29, -1, 0, 29], new TensorShape(2, 2))));

        // A slice shares memory, and outlives what it was cut from.
        SecretTensor tail = s.Slice(flat, 0, 29, 1);
        flat.Dispose();
        x.Dispose();
        Assert.Equal(a[29..], await s.RevealAsync(tail));

        IEnumerable<double> Pick(Func<int, int, int, bool> wanted) => a.Where((_, i) => wanted(i / 15, i / 5 % 3, i % 5));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_073)]
    public Task Products_are_right_to_one_unit(int count) => RunAsync(async s =>
    {
        var shape = new TensorShape(count);
        double[] a = Values(3, count, 100);
        double[] b = Values(4, count, 100);
        SecretTensor x = await InputAsync(s, 3, shape, 100);
        SecretTensor y = await InputAsync(s, 4, shape, 100);
        Near([.. a.Zip(b, (p, q) => p * q)], await s.RevealAsync(await s.MultiplyAsync(x, y)), Tolerance);
        Near([.. a.Select(p => p * p)], await s.RevealAsync(await s.SquareAsync(x)), Tolerance);

        SecretTensor full = await s.MultiplyAsync(x, y, 36);
        Assert.Equal(36, full.FractionalBits);
        Assert.Equal(a.Zip(b, (p, q) => p * q), await s.RevealAsync(full));
        Near([.. a.Zip(b, (p, q) => p * q)], await s.RevealAsync(await s.TruncateAsync(full, 18)), Tolerance);
        SecretTensor coarse = await s.TruncateAsync(x, 4);
        Assert.Equal(4, coarse.FractionalBits);
        Near(a, await s.RevealAsync(coarse), Math.ScaleB(1, -4));
        Assert.Equal(a, await s.RevealAsync(await s.TruncateAsync(x, 18)));
    });

    [Fact]
    public Task Sums_of_products_are_truncated_once() => RunAsync(async s =>
    {
        var shape = new TensorShape(4, 6);
        double[] a = Values(1, 24);
        double[] b = Values(2, 24);
        double[] c = Values(3, 6);
        SecretTensor x = await InputAsync(s, 1, shape);
        SecretTensor y = await InputAsync(s, 2, shape);
        SecretTensor z = await InputAsync(s, 3, new TensorShape(6));
        SecretTensor addend = await InputAsync(s, 3, new TensorShape(6), fractionalBits: 36);
        double[] expected = [.. a.Select((p, i) => (p * b[i]) + (b[i] * c[i % 6]) + (p * p) + c[i % 6])];
        SecretTensor sum = await s.SumOfProductsAsync([new(x, y), new(y, z), new(x, x)], addend);
        Near(expected, await s.RevealAsync(sum), Tolerance);
        SecretTensor exact = await s.SumOfProductsAsync([new(x, y), new(y, z), new(x, x)], addend, 36);
        Assert.Equal(expected, await s.RevealAsync(exact));
    });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(3, 129)]
    public Task Inner_products_of_rows(int rows, int columns) => RunAsync(async s =>
    {
        var shape = new TensorShape(rows, columns);
        double[] a = Values(1, rows * columns);
        double[] b = Values(2, rows * columns);
        SecretTensor dot = await s.DotAsync(await InputAsync(s, 1, shape), await InputAsync(s, 2, shape));
        Assert.Equal(new TensorShape(rows, 1), dot.Shape);
        Near([.. a.Zip(b, (p, q) => p * q).Chunk(columns).Select(r => r.Sum())], await s.RevealAsync(dot), Tolerance);
    });

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 7, 1, 5)]
    [InlineData(3, 5, 9, 4)]
    [InlineData(2, 33, 17, 25)]
    [InlineData(1, 257, 3, 256)]
    public Task Matrix_products_batched_transposed_and_packed(int batches, int m, int k, int n) => RunAsync(async s =>
    {
        double[] a = Values(1, batches * m * k);
        double[] b = Values(2, batches * k * n);
        SecretTensor x = await InputAsync(s, 1, new TensorShape(batches, m, k));
        double[] straight = MatMul(a, b, batches, m, k, n, false);
        double[] transposed = MatMul(a, b, batches, m, k, n, true);

        SecretTensor y = await InputAsync(s, 2, new TensorShape(batches, k, n));
        SecretTensor z = await s.MatMulAsync(x, y);
        Assert.Equal(new TensorShape(batches, m, n), z.Shape);
        Near(straight, await s.RevealAsync(z), Tolerance);
        Assert.Equal(straight, await s.RevealAsync(await s.MatMulAsync(x, y, fractionalBits: 36)));

        SecretTensor t = await InputAsync(s, 2, new TensorShape(batches, n, k));
        Near(transposed, await s.RevealAsync(await s.MatMulAsync(x, t, transposeRight: true)), Tolerance);

        SecretTensor first = s.Reshape(s.Slice(x, 0, 0, 1), new TensorShape(m, k));
        using SecretMatrix packed = s.Pack(s.Reshape(s.Slice(y, 0, 0, 1), new TensorShape(k, n)));
        using SecretMatrix packedTransposed = s.Pack(s.Reshape(s.Slice(t, 0, 0, 1), new TensorShape(n, k)), transposed: true);
        Near(straight[..(m * n)], await s.RevealAsync(await s.MatMulAsync(first, packed)), Tolerance);
        Near(transposed[..(m * n)], await s.RevealAsync(await s.MatMulAsync(first, packedTransposed)), Tolerance);

        // All axes of the left tensor but the last are rows.
        SecretTensor rows = await s.MatMulAsync(x, packed);
        Assert.Equal(new TensorShape(batches, m, n), rows.Shape);
        Near(straight[..(m * n)], (await s.RevealAsync(rows))[..(m * n)], Tolerance);
        Assert.Equal((k, n, 18), (packed.Rows, packed.Columns, packed.FractionalBits));
    });
}
