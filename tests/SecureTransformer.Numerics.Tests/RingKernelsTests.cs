namespace SecureTransformer.Numerics;

public sealed class RingKernelsTests
{
    public static TheoryData<int> Lengths() => [0, 1, 2, 7, 8, 9, 31, 100];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Elementwise_kernels_equal_scalar_code(int n)
    {
        ulong[] x = TestPrg.Words(1, n);
        ulong[] y = TestPrg.Words(2, n);
        ulong s = 0xfedcba9876543210;
        unchecked
        {
            Same(x, y, (a, b) => a + b, d => RingKernels.Add(x, y, d));
            Same(x, y, (a, b) => a - b, d => RingKernels.Subtract(x, y, d));
            Same(x, y, (a, b) => a * b, d => RingKernels.Multiply(x, y, d));
            Same(x, y, (a, b) => a ^ b, d => RingKernels.Xor(x, y, d));
            Same(x, y, (a, b) => a & b, d => RingKernels.And(x, y, d));
            Same(x, y, (a, b) => a | b, d => RingKernels.Or(x, y, d));
            Same(x, y, (a, _) => ~a, d => RingKernels.Not(x, d));
            Same(x, y, (a, _) => 0 - a, d => RingKernels.Negate(x, d));
            Same(x, y, (a, _) => a + s, d => RingKernels.AddScalar(x, s, d));
            Same(x, y, (a, _) => s - a, d => RingKernels.SubtractFromScalar(s, x, d));
            Same(x, y, (a, _) => a * s, d => RingKernels.MultiplyScalar(x, s, d));
            Same(x, y, (a, _) => a << 13, d => RingKernels.ShiftLeft(x, 13, d));
            Same(x, y, (a, _) => a >> 13, d => RingKernels.ShiftRightLogical(x, 13, d));
            Same(x, y, (a, _) => (ulong)((long)a >> 13), d => RingKernels.ShiftRightArithmetic(x, 13, d));
            Same(x, y, (a, b) => a + b, d => { x.CopyTo(d, 0); RingKernels.AddInto(d, y); });
            Same(x, y, (a, b) => a - b, d => { x.CopyTo(d, 0); RingKernels.SubtractInto(d, y); });
            Same(x, y, (a, b) => a + b * b, d => { x.CopyTo(d, 0); RingKernels.MultiplyAddInto(d, y, y); });
            Same(x, y, (a, b) => a + b * s, d => { x.CopyTo(d, 0); RingKernels.MultiplyScalarAddInto(d, y, s); });
            ulong dot = 0;
            for (int i = 0; i < n; i++)
            {
                dot += x[i] * y[i];
            }

            Assert.Equal(dot, RingKernels.Dot<ulong>(x, y));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Cross_products_equal_scalar_code_on_every_path(int n)
    {
        ulong[] x0 = TestPrg.Words(1, n), x1 = TestPrg.Words(2, n), y0 = TestPrg.Words(3, n), y1 = TestPrg.Words(4, n), before = TestPrg.Words(5, n);
        ulong[] product = new ulong[n], gate = new ulong[n];
        ulong dot = 0;
        for (int i = 0; i < n; i++)
        {
            product[i] = unchecked((x0[i] * y0[i]) + (x0[i] * y1[i]) + (x1[i] * y0[i]));
            gate[i] = (x0[i] & y0[i]) ^ (x0[i] & y1[i]) ^ (x1[i] & y0[i]);
            dot = unchecked(dot + product[i]);
        }

        ulong[] added = [.. product.Zip(before, (a, b) => unchecked(a + b))];
        ulong[] flipped = [.. gate.Zip(before, (a, b) => a ^ b)];
        foreach (RingTilePath path in Enum.GetValues<RingTilePath>())
        {
            Assert.Equal(product, Of(d => RingKernels.MultiplyCross(path, x0, x1, y0, y1, d, accumulate: false)));
            Assert.Equal(added, Of(d => RingKernels.MultiplyCross(path, x0, x1, y0, y1, d, accumulate: true)));
            Assert.Equal(gate, Of(d => RingKernels.AndCross(path, x0, x1, y0, y1, d, accumulate: false)));
            Assert.Equal(flipped, Of(d => RingKernels.AndCross(path, x0, x1, y0, y1, d, accumulate: true)));
            Assert.Equal(dot, RingKernels.DotCross(path, x0, x1, y0, y1));
        }

        Assert.Equal(product, Of(d => RingKernels.MultiplyCross(x0, x1, y0, y1, d)));
        Assert.Equal(gate, Of(d => RingKernels.AndCross(x0, x1, y0, y1, d)));
        Assert.Equal(dot, RingKernels.DotCross(x0, x1, y0, y1));
        Assert.Throws<ArgumentException>(() => RingKernels.MultiplyCross(x0, x1, y0, new ulong[n + 1], new ulong[n]));
        Assert.Throws<ArgumentException>(() => RingKernels.AndCross(x0, x1, y0, y1, new ulong[n + 1]));
        Assert.Throws<ArgumentException>(() => RingKernels.DotCross(x0, new ulong[n + 1], y0, y1));

        ulong[] Of(Action<ulong[]> run)
        {
            ulong[] destination = [.. before];
            run(destination);
            return destination;
        }
    }

    [Fact]
    public void Kernels_work_on_32_bit_words()
    {
        uint[] x = [.. TestPrg.Words(1, 37).Select(w => (uint)w)];
        uint[] y = [.. TestPrg.Words(2, 37).Select(w => (uint)w)];
        uint[] d = new uint[37];
        RingKernels.Multiply(x, y, d);
        Assert.Equal(x.Zip(y, (a, b) => unchecked(a * b)), d);
        RingKernels.Negate(x, d);
        Assert.Equal(x.Select(a => unchecked(0 - a)), d);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(17, 33)]
    public void Matrix_kernels_equal_scalar_code(int rows, int columns)
    {
        ulong[] x = TestPrg.Words(1, rows * columns);
        ulong[] row = TestPrg.Words(2, columns);
        ulong[] column = TestPrg.Words(3, rows);
        ulong[] d = new ulong[x.Length];
        unchecked
        {
            Matrix(rows, columns, (i, j) => x[i * columns + j] + row[j], () => RingKernels.AddRow(x, row, rows, columns, d), d);
            Matrix(rows, columns, (i, j) => x[i * columns + j] - row[j], () => RingKernels.SubtractRow(x, row, rows, columns, d), d);
            Matrix(rows, columns, (i, j) => x[i * columns + j] * row[j], () => RingKernels.MultiplyRow(x, row, rows, columns, d), d);
            Matrix(rows, columns, (i, j) => x[i * columns + j] + column[i], () => RingKernels.AddColumn(x, column, rows, columns, d), d);
            Matrix(rows, columns, (i, j) => x[i * columns + j] - column[i], () => RingKernels.SubtractColumn(x, column, rows, columns, d), d);
            Matrix(rows, columns, (i, j) => x[i * columns + j] * column[i], () => RingKernels.MultiplyColumn(x, column, rows, columns, d), d);
            Matrix(columns, rows, (j, i) => x[i * columns + j], () => RingKernels.Transpose(x, rows, columns, d), d);
            ulong[] rowSums = new ulong[rows];
            Matrix(rows, 1, (i, _) => Sum(columns, j => x[i * columns + j]), () => RingKernels.RowSums(x, rows, columns, rowSums), rowSums);
            ulong[] columnSums = new ulong[columns];
            Matrix(1, columns, (_, j) => Sum(rows, i => x[i * columns + j]), () => RingKernels.ColumnSums(x, rows, columns, columnSums), columnSums);
        }
    }

    [Fact]
    public void Mismatched_lengths_and_shapes_are_refused()
    {
        ulong[] two = new ulong[2];
        ulong[] three = new ulong[3];
        Assert.Throws<ArgumentException>(() => RingKernels.Add(two, three, three));
        Assert.Throws<ArgumentException>(() => RingKernels.Add(three, three, two));
        Assert.Throws<ArgumentException>(() => RingKernels.Multiply(three, two, three));
        Assert.Throws<ArgumentException>(() => RingKernels.Negate(three, two));
        Assert.Throws<ArgumentException>(() => RingKernels.AddRow(new ulong[6], three, 2, 2, new ulong[6]));
        Assert.Throws<ArgumentException>(() => RingKernels.AddRow(new ulong[6], two, 2, 3, new ulong[6]));
        Assert.Throws<ArgumentException>(() => RingKernels.Transpose(two, 1, 2, two));
        Assert.Throws<ArgumentOutOfRangeException>(() => RingKernels.ShiftLeft(two, 64, two));
    }

    private static void Same(ulong[] x, ulong[] y, Func<ulong, ulong, ulong> scalar, Action<ulong[]> kernel)
    {
        ulong[] d = new ulong[x.Length];
        kernel(d);
        Assert.Equal(x.Zip(y, scalar), d);
    }

    private static void Matrix(int rows, int columns, Func<int, int, ulong> expected, Action kernel, ulong[] d)
    {
        kernel();
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                Assert.Equal(expected(i, j), d[i * columns + j]);
            }
        }
    }

    private static ulong Sum(int count, Func<int, ulong> term)
    {
        ulong sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum = unchecked(sum + term(i));
        }

        return sum;
    }
}
