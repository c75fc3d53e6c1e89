using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

public sealed class RingMatrixTransposedTests
{
    public static TheoryData<int> Paths() => RingMatrixTests.Paths();

    [Theory]
    [MemberData(nameof(Paths))]
    public void Small_shapes_equal_the_definition(int path)
    {
        foreach (int m in (int[])[0, 1, 2, 3, 7, 8, 9, 17])
        {
            foreach (int k in (int[])[0, 1, 3, 4, 5, 8, 9, 23, 24])
            {
                foreach (int n in (int[])[0, 1, 7, 8, 9, 16, 17, 24, 25, 40, 49, 72])
                {
                    Check((RingTilePath)path, m, k, n, 0, 0, 0, 1);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Gaps_pieces_and_threads_change_nothing(int path)
    {
        Check((RingTilePath)path, 1, 9001, 33, 3, 2, 5, 1);
        Check((RingTilePath)path, 5, 4100, 50, 1, 0, 0, 1);
        Check((RingTilePath)path, 5, 4100, 50, 0, 5, 1, 3);
        Check((RingTilePath)path, 19, 1037, 101, 2, 1, 3, 1);
        Check((RingTilePath)path, 19, 1037, 101, 0, 0, 0, 7);
        Check((RingTilePath)path, 1, 11, 30000, 0, 0, 0, 5);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Extreme_words_multiply_exactly(int path)
    {
        ulong[] edges = [0, 1, 2, uint.MaxValue, 1UL << 32, (1UL << 32) + 1, 1UL << 63, long.MaxValue, ulong.MaxValue, ulong.MaxValue - 1, 0xffffffff00000000];
        int n = edges.Length;
        ulong[] c = new ulong[n * n];
        using PackedMatrix packed = PackedMatrix.Pack(edges, n, 1, 1);
        RingMatrix.MultiplyTransposed((RingTilePath)path, new(edges, n, 1), packed, 0, n, c, n, false, 1);
        Assert.Equal(Definition(edges, edges, n, n, 1), c);
        ulong[] full = new ulong[40 * 40];
        Array.Fill(full, ulong.MaxValue);
        using PackedMatrix all = PackedMatrix.Pack(full, 40, 40, 40);
        ulong[] d = new ulong[1600];
        RingMatrix.MultiplyTransposed((RingTilePath)path, new(full, 40, 40), all, 0, 40, d, 40, false, 1);
        Assert.All(d, x => Assert.Equal(40UL, x));
    }

    [Fact]
    public void Random_products_equal_the_definition_and_each_other() => Prop.ForAll<ulong>(seed =>
    {
        int m = (int)(seed % 11), k = (int)(seed / 11 % 70), n = (int)(seed / 770 % 60);
        ulong[] a = TestPrg.Words(seed, m * n);
        ulong[] b = TestPrg.Words(seed + 1, k * n);
        ulong[] expected = Definition(a, b, m, k, n);
        using PackedMatrix rows = PackedMatrix.Pack(b, k, n, n);
        using PackedMatrix columns = PackedMatrix.Pack(b, n, k, n, transposed: true);
        ulong[] one = new ulong[m * k];
        ulong[] other = new ulong[m * k];
        RingMatrix.MultiplyTransposed(new MatrixView(a, m, n), rows, one, k);
        RingMatrix.Multiply(new MatrixView(a, m, n), columns, other, k);
        return one.AsSpan().SequenceEqual(expected) && other.AsSpan().SequenceEqual(expected);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Replicated_packing_gives_the_local_part_of_the_product()
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 1, 1), (3, 37, 50), (9, 5, 24), (2, 40, 1), (1, 3000, 90), (0, 2, 3), (2, 0, 3), (2, 3, 0)])
        {
            ulong[] a0 = TestPrg.Words(1, m * n);
            ulong[] a1 = TestPrg.Words(2, m * n);
            ulong[] b0 = TestPrg.Words(3, k * n);
            ulong[] b1 = TestPrg.Words(4, k * n);
            ulong[] expected = Definition(a0, b0, m, k, n);
            RingKernels.AddInto(expected, Definition(a0, b1, m, k, n));
            RingKernels.AddInto(expected, Definition(a1, b0, m, k, n));
            using PackedMatrix packed = PackedMatrix.PackReplicated(new(b0, k, n), new(b1, k, n));
            ulong[] actual = new ulong[m * k];
            Array.Fill(actual, 99UL);
            RingMatrix.MultiplyTransposed(new(a0, m, n), new MatrixView(a1, m, n), packed, actual, k);
            Assert.Equal(expected, actual);
            RingMatrix.MultiplyTransposed(new(a0, m, n), new MatrixView(a1, m, n), packed, actual, k, accumulate: true, maxDegreeOfParallelism: 3);
            RingKernels.MultiplyScalar(expected, 2UL, expected);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Wrong_shapes_are_refused_by_name()
    {
        using PackedMatrix b = PackedMatrix.Create(4, 3);
        ulong[] a = new ulong[6];
        ulong[] c = new ulong[8];
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 3, 2), b, c, 4));
        Assert.Contains("3 x 2 and 4 x 3, transposed", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), b, c.AsSpan(1), 4));
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), b, c, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), b, c, 4, maxDegreeOfParallelism: 0));
        Assert.Throws<ArgumentNullException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), null!, c, 4));
        ulong[] shared = new ulong[20];
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(shared, 2, 3), b, shared.AsSpan(5), 4));
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), new MatrixView(shared, 2, 3), b, shared.AsSpan(5), 2));
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), new MatrixView(a, 1, 3), b, c, 2));
        using PackedMatrix odd = PackedMatrix.Create(3, 3);
        Assert.Contains("halves", Assert.Throws<ArgumentException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), new MatrixView(a, 2, 3), odd, c, 2)).Message, StringComparison.Ordinal);
        b.Dispose();
        Assert.Throws<ObjectDisposedException>(() => RingMatrix.MultiplyTransposed(new MatrixView(a, 2, 3), b, c, 4));
        Assert.Throws<ObjectDisposedException>(() => RingMatrix.MultiplyTransposed(new MatrixView([], 0, 3), b, c, 4));
    }

    // Writes only where the product lies, adds where asked to, and reads the left-hand side stored either way.
    private static void Check(RingTilePath path, int m, int k, int n, int aGap, int bGap, int cGap, int threads)
    {
        ulong[] a = TestPrg.Words(1, m * n);
        ulong[] b = TestPrg.Words(2, k * n);
        ulong[] expected = Definition(a, b, m, k, n);
        int cStride = k + cGap;
        foreach (bool transposed in (bool[])[false, true])
        {
            int aStride = (transposed ? m : n) + aGap;
            ulong[] aStored = TestPrg.Words(9, aStride * (transposed ? n : m));
            for (int i = 0; i < m * n; i++)
            {
                aStored[transposed ? (i % n * aStride) + (i / n) : (i / n * aStride) + (i % n)] = a[i];
            }

            MatrixView left = transposed ? new MatrixView(aStored, n, m, aStride).Transpose() : new MatrixView(aStored, m, n, aStride);
            int bStride = n + bGap;
            ulong[] bStored = TestPrg.Words(8, bStride * k);
            for (int i = 0; i < k; i++)
            {
                b.AsSpan(i * n, n).CopyTo(bStored.AsSpan(i * bStride));
            }

            using PackedMatrix packed = PackedMatrix.Pack(bStored, k, n, bStride);
            ulong[] c = TestPrg.Words(3, m * cStride);
            ulong[] before = [.. c];
            for (ulong times = 1; times <= 2; times++)
            {
                RingMatrix.MultiplyTransposed(path, left, packed, 0, k, c, cStride, times == 2, threads);
                for (int i = 0; i < c.Length; i++)
                {
                    (int row, int column) = (i / cStride, i % cStride);
                    ulong wanted = column < k ? unchecked(times * expected[(row * k) + column]) : before[i];
                    if (wanted != c[i])
                    {
                        Assert.Fail($"{m} x {n} by {k} x {n}: row {row}, column {column} is {c[i]} and should be {wanted}.");
                    }
                }
            }
        }
    }

    private static ulong[] Definition(ulong[] a, ulong[] b, int m, int k, int n)
    {
        ulong[] c = new ulong[m * k];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < k; j++)
            {
                for (int p = 0; p < n; p++)
                {
                    c[(i * k) + j] = unchecked(c[(i * k) + j] + (a[(i * n) + p] * b[(j * n) + p]));
                }
            }
        }

        return c;
    }
}
