using System.Numerics;

namespace SecureTransformer.Numerics;

public sealed class FieldMatrixTests
{
    public static TheoryData<int, int, int> Shapes()
    {
        TheoryData<int, int, int> shapes = [];
        foreach (int m in new[] { 0, 1, 2, 3, 9, 70 })
        {
            foreach (int n in new[] { 0, 1, 2, 7, 8, 9, 17 })
            {
                foreach (int k in new[] { 0, 1, 5, 8, 127, 129 })
                {
                    if (m * n * k < 70 * 17 * 30)
                    {
                        shapes.Add(m, k, n);
                    }
                }
            }
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_equal_big_integers_on_every_path(int m, int k, int n)
    {
        ulong[] a = FieldKernelsTests.Mixed(1, m * k), b = FieldKernelsTests.Mixed(2, k * n), before = FieldKernelsTests.Mixed(3, m * n);
        UInt128[] product = Reference(a, b, m, k, n);
        foreach (FieldPath path in Paths())
        {
            ulong[] c = [.. before];
            FieldMatrix.Multiply(path, new FieldMatrixView(a, m, k), new FieldMatrixView(b, k, n), c, n, accumulate: false, 1);
            Assert.Equal(product, Values(c));

            before.CopyTo(c, 0);
            FieldMatrix.Multiply(path, new FieldMatrixView(a, m, k), new FieldMatrixView(b, k, n), c, n, accumulate: true, 1);
            Mersenne127[] start = FieldKernelsTests.Elements(before);
            Assert.Equal(product.Select((x, i) => (Mersenne127.FromUInt128(x) + start[i]).ToUInt128()), Values(c));
        }
    }

    [Theory]
    [InlineData(3, 5, 4)]
    [InlineData(9, 130, 8)]
    [InlineData(8, 20, 3)]
    [InlineData(33, 16, 9)]
    public void Transposed_and_strided_views(int m, int k, int n)
    {
        const int Gap = 3;
        ulong[] a = FieldKernelsTests.Mixed(1, m * k), b = FieldKernelsTests.Mixed(2, k * n);
        UInt128[] product = Reference(a, b, m, k, n);
        ulong[] aT = Transpose(a, m, k, Gap), bT = Transpose(b, k, n, Gap);
        ulong[] aWide = Transpose(Transpose(a, m, k, 0), k, m, Gap);
        foreach (FieldPath path in Paths())
        {
            var views = new (bool A, bool B)[] { (false, true), (true, false), (true, true) };
            foreach ((bool left, bool right) in views)
            {
                ulong[] c = new ulong[2 * m * (n + Gap)];
                c.AsSpan().Fill(7);
                FieldMatrixView x = left ? new FieldMatrixView(aT, k, m, m + Gap).Transpose() : new FieldMatrixView(aWide, m, k, k + Gap);
                FieldMatrixView y = right ? new FieldMatrixView(bT, n, k, k + Gap).Transpose() : new FieldMatrixView(b, k, n);
                FieldMatrix.Multiply(path, x, y, c, n + Gap, accumulate: false, maxDegreeOfParallelism: 2);
                for (int i = 0; i < m; i++)
                {
                    Assert.Equal(product[(i * n)..((i + 1) * n)], Values(c[(2 * i * (n + Gap))..(2 * ((i * (n + Gap)) + n))]));
                    Assert.All(c[(2 * ((i * (n + Gap)) + n))..(2 * (i + 1) * (n + Gap))], w => Assert.Equal(7UL, w));
                }
            }
        }
    }

    [Theory]
    [InlineData(200, 40, 24)]
    [InlineData(5, 64, 500)]
    [InlineData(500, 64, 3)]
    public void Threads_do_not_change_the_product(int m, int k, int n)
    {
        ulong[] a = FieldKernelsTests.Mixed(1, m * k), b = FieldKernelsTests.Mixed(2, k * n);
        ulong[] one = new ulong[2 * m * n], three = new ulong[2 * m * n];
        FieldMatrix.Multiply(new FieldMatrixView(a, m, k), new FieldMatrixView(b, k, n), one, n);
        FieldMatrix.Multiply(new FieldMatrixView(a, m, k), new FieldMatrixView(b, k, n), three, n, maxDegreeOfParallelism: 3);
        Assert.Equal(one, three);
        foreach (FieldPath path in Paths())
        {
            FieldMatrix.Multiply(path, new FieldMatrixView(a, m, k), new FieldMatrixView(b, k, n), three, n, accumulate: false, 2);
            Assert.Equal(one, three);
        }
    }

    [Fact]
    public void The_largest_elements_do_not_overflow()
    {
        const int Depth = 1000;
        UInt128 largest = Mersenne127.Modulus - 1;
        ulong[] x = new ulong[2 * Depth];
        for (int i = 0; i < Depth; i++)
        {
            x[2 * i] = (ulong)largest;
            x[(2 * i) + 1] = (ulong)(largest >> 64);
        }

        foreach (FieldPath path in Paths())
        {
            ulong[] c = new ulong[2];
            FieldMatrix.Multiply(path, new FieldMatrixView(x, 1, Depth), new FieldMatrixView(x, 1, Depth).Transpose(), c, 1, accumulate: false, 1);
            Assert.Equal(Mersenne127.FromInt64(Depth), FieldKernelsTests.Elements(c)[0]);
            ulong[] dot = new ulong[2];
            FieldKernels.DotRows(path, x, x, 1, Depth, dot);
            Assert.Equal(c, dot);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 0)]
    [InlineData(1, 1)]
    [InlineData(4, 7)]
    [InlineData(2, 8)]
    [InlineData(3, 1100)]
    public void Dot_products_of_rows(int rows, int columns)
    {
        ulong[] x = FieldKernelsTests.Mixed(1, rows * columns), y = FieldKernelsTests.Mixed(2, rows * columns);
        foreach (FieldPath path in Paths())
        {
            ulong[] dots = new ulong[2 * rows];
            FieldKernels.DotRows(path, x, y, rows, columns, dots);
            for (int i = 0; i < rows; i++)
            {
                int from = 2 * i * columns, to = 2 * (i + 1) * columns;
                UInt128 expected = columns == 0 ? 0 : Reference(x[from..to], y[from..to], 1, columns, 1)[0];
                Assert.Equal(expected, Values(dots)[i]);
            }
        }
    }

    [Fact]
    public void Shapes_are_checked()
    {
        ulong[] a = new ulong[12], c = new ulong[8];
        Assert.Throws<ArgumentException>(() => new FieldMatrixView(a, 2, 4).Rows);
        Assert.Throws<ArgumentException>(() => new FieldMatrixView(a, 2, 3, 2).Rows);
        Assert.Throws<ArgumentException>(() => FieldMatrix.Multiply(new FieldMatrixView(a, 2, 3), new FieldMatrixView(a, 2, 3), c, 3));
        Assert.Throws<ArgumentException>(() => FieldMatrix.Multiply(new FieldMatrixView(a, 2, 3), new FieldMatrixView(a, 3, 2), c.AsSpan(2), 2));
        Assert.Throws<ArgumentException>(() => FieldMatrix.Multiply(new FieldMatrixView(a, 2, 3), new FieldMatrixView(a, 3, 2), a.AsSpan(4), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => FieldMatrix.Multiply(new FieldMatrixView(a, 2, 3), new FieldMatrixView(a, 3, 2), c, 2, maxDegreeOfParallelism: 0));
        Assert.Throws<ArgumentException>(() => FieldKernels.DotRows(a, a, 2, 3, c));
        Assert.Throws<ArgumentException>(() => FieldKernels.DotRows(a, c, 2, 3, c));
        Assert.Equal("FieldMatrixView[2 x 3]", new FieldMatrixView(a, 2, 3).ToString());
    }

    private static IEnumerable<FieldPath> Paths() => Avx512FieldTile.IsSupported ? [FieldPath.Portable, FieldPath.Avx512] : [FieldPath.Portable];

    private static UInt128[] Values(ulong[] words) => [.. FieldKernelsTests.Elements(words).Select(e => e.ToUInt128())];

    private static UInt128[] Reference(ulong[] a, ulong[] b, int m, int k, int n)
    {
        UInt128[] x = Values(a), y = Values(b), c = new UInt128[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                BigInteger sum = 0;
                for (int p = 0; p < k; p++)
                {
                    sum += (BigInteger)x[(i * k) + p] * y[(p * n) + j];
                }

                c[(i * n) + j] = (UInt128)(sum % Mersenne127.Modulus);
            }
        }

        return c;
    }

    private static ulong[] Transpose(ulong[] x, int rows, int columns, int gap)
    {
        ulong[] result = new ulong[2 * columns * (rows + gap)];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                x.AsSpan(2 * ((i * columns) + j), 2).CopyTo(result.AsSpan(2 * ((j * (rows + gap)) + i)));
            }
        }

        return result;
    }
}
