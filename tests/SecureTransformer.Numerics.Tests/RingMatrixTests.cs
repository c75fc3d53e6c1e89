using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

public sealed class RingMatrixTests
{
    public static TheoryData<int> Paths()
    {
        TheoryData<int> data = [];
        foreach (RingTilePath path in Enum.GetValues<RingTilePath>().Where(RingMatrix.IsSupported))
        {
            data.Add((int)path);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Small_shapes_equal_the_scalar_product(int path)
    {
        foreach (int m in (int[])[0, 1, 2, 3, 4, 5, 7, 8, 9, 17])
        {
            foreach (int k in (int[])[0, 1, 2, 5, 9])
            {
                foreach (int n in (int[])[0, 1, 7, 8, 9, 16, 23, 24, 25, 33, 48, 73, 80])
                {
                    Check((RingTilePath)path, m, k, n, 0, 0, 0);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Shapes_beyond_one_block_equal_the_scalar_product(int path)
    {
        Check((RingTilePath)path, 133, 530, 101, 3, 5, 2);
        Check((RingTilePath)path, 3, 1100, 75, 0, 1, 0);
        Check((RingTilePath)path, 260, 129, 48, 1, 0, 7);
        Check((RingTilePath)path, 130, 70, 1, 0, 0, 1);
        Check((RingTilePath)path, 12, 513, 200, 0, 0, 0);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Threads_change_nothing(int path)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(200, 90, 130), (5, 400, 600), (1, 1000, 1000), (64, 70, 24)])
        {
            ulong[] a = TestPrg.Words(1, m * k);
            ulong[] b = TestPrg.Words(2, k * n);
            using PackedMatrix packed = PackedMatrix.Pack(b, k, n, n);
            ulong[] one = new ulong[m * n];
            ulong[] many = new ulong[m * n];
            RingMatrix.Multiply((RingTilePath)path, new(a, m, k), packed, 0, one, n, false, 1);
            RingMatrix.Multiply((RingTilePath)path, new(a, m, k), packed, 0, many, n, false, 5);
            Assert.Equal(one, many);
            Assert.Equal(Reference(a, b, m, k, n), many);
        }
    }

    [Fact]
    public void Slabs_and_replicated_packing_give_the_local_part_of_the_product()
    {
        const int M = 19, K = 37, N = 50;
        ulong[] a0 = TestPrg.Words(1, M * K);
        ulong[] a1 = TestPrg.Words(2, M * K);
        ulong[] b0 = TestPrg.Words(3, K * N);
        ulong[] b1 = TestPrg.Words(4, K * N);
        ulong[] expected = Reference(a0, b0, M, K, N);
        RingKernels.AddInto(expected, Reference(a0, b1, M, K, N));
        RingKernels.AddInto(expected, Reference(a1, b0, M, K, N));
        using PackedMatrix packed = PackedMatrix.PackReplicated(new(b0, K, N), new(b1, K, N));
        ulong[] actual = new ulong[M * N];
        Array.Fill(actual, 99UL);
        RingMatrix.Multiply(new(a0, M, K), new MatrixView(a1, M, K), packed, actual, N);
        Assert.Equal(expected, actual);

        ulong[] b0T = new ulong[K * N];
        ulong[] b1T = new ulong[K * N];
        RingKernels.Transpose(b0, K, N, b0T);
        RingKernels.Transpose(b1, K, N, b1T);
        using PackedMatrix transposed = PackedMatrix.PackReplicated(new MatrixView(b0T, N, K).Transpose(), new MatrixView(b1T, N, K).Transpose());
        RingMatrix.Multiply(new(a0, M, K), new MatrixView(a1, M, K), transposed, actual, N);
        Assert.Equal(expected, actual);

        using CpuMatMulBackend backend = new();
        using IPackedMatrix pieces = backend.Create(2 * K, N);
        pieces.WriteSum(0, 0, new(b0, K, N), new(b1, K, N));
        pieces.Write(K, 0, new(b0, K, N));
        backend.Multiply(new(a0, M, K), new MatrixView(a1, M, K), pieces, actual, N, accumulate: true, maxDegreeOfParallelism: 2);
        RingKernels.MultiplyScalar(expected, 2UL, expected);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Packing_in_pieces_equals_packing_at_once()
    {
        const int M = 5, K = 150, N = 61;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] b = TestPrg.Words(2, K * N);
        using PackedMatrix packed = PackedMatrix.Create(K, N);
        int[] rowCuts = [0, 1, 70, 71, 150];
        int[] columnCuts = [0, 3, 24, 40, 60, 61];
        for (int r = 0; r + 1 < rowCuts.Length; r++)
        {
            for (int c = 0; c + 1 < columnCuts.Length; c++)
            {
                packed.Write(rowCuts[r], columnCuts[c], new(b.AsSpan(rowCuts[r] * N + columnCuts[c]), rowCuts[r + 1] - rowCuts[r], columnCuts[c + 1] - columnCuts[c], N));
            }
        }

        ulong[] actual = new ulong[M * N];
        RingMatrix.Multiply(new MatrixView(a, M, K), packed, actual, N);
        Assert.Equal(Reference(a, b, M, K, N), actual);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Extreme_words_multiply_exactly(int path)
    {
        ulong[] edges = [0, 1, 2, uint.MaxValue, 1UL << 32, (1UL << 32) + 1, 1UL << 63, long.MaxValue, ulong.MaxValue, ulong.MaxValue - 1, 0xffffffff00000000];
        int n = edges.Length;
        ulong[] c = new ulong[n * n];
        using PackedMatrix packed = PackedMatrix.Pack(edges, 1, n, n);
        RingMatrix.Multiply((RingTilePath)path, new(edges, n, 1), packed, 0, c, n, false, 1);
        Assert.Equal(Reference(edges, edges, n, 1, n), c);
        ulong[] full = new ulong[40 * 40];
        Array.Fill(full, ulong.MaxValue);
        using PackedMatrix all = PackedMatrix.Pack(full, 40, 40, 40);
        ulong[] d = new ulong[1600];
        RingMatrix.Multiply((RingTilePath)path, new(full, 40, 40), all, 0, d, 40, false, 1);
        Assert.All(d, x => Assert.Equal(40UL, x));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_product_without_packing_equals_the_scalar_product(int path)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 64, 40), (1, 64, 1), (2, 33, 50), (3, 9, 70), (20, 30, 40), (16, 300, 59), (7, 5, 3), (2, 0, 5), (0, 3, 3), (1, 700, 900), (130, 530, 101), (33, 1030, 48), (257, 40, 73)])
        {
            ulong[] a = TestPrg.Words(1, m * k);
            ulong[] b = TestPrg.Words(2, k * n);
            ulong[] expected = Reference(a, b, m, k, n);
            ulong[] twice = new ulong[m * n];
            RingKernels.MultiplyScalar(expected, 2UL, twice);
            foreach (int threads in (int[])[1, 3])
            {
                foreach (bool aTransposed in (bool[])[false, true])
                {
                    (ulong[] aStored, int aStride) = Store(a, m, k, 1, aTransposed);
                    MatrixView left = aTransposed ? new MatrixView(aStored, k, m, aStride).Transpose() : new MatrixView(aStored, m, k, aStride);
                    (ulong[] bStored, int bStride) = Store(b, k, n, 2, transposed: false);
                    ulong[] actual = new ulong[m * n];
                    RingMatrix.Multiply((RingTilePath)path, left, new MatrixView(bStored, k, n, bStride), actual, n, false, threads);
                    Assert.Equal(expected, actual);
                    (bStored, bStride) = Store(b, k, n, 2, transposed: true);
                    RingMatrix.Multiply((RingTilePath)path, left, new MatrixView(bStored, n, k, bStride).Transpose(), actual, n, true, threads);
                    Assert.Equal(twice, actual);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_product_with_a_sum_equals_the_sum_of_products(int path)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 64, 40), (20, 30, 47), (130, 530, 101), (33, 1030, 48), (257, 40, 73), (2, 0, 5), (0, 3, 3)])
        {
            ulong[] a = TestPrg.Words(1, m * k);
            ulong[] b0 = TestPrg.Words(2, k * n);
            ulong[] b1 = TestPrg.Words(3, k * n);
            ulong[] expected = Reference(a, b0, m, k, n);
            RingKernels.AddInto(expected, Reference(a, b1, m, k, n));
            ulong[] twice = new ulong[m * n];
            RingKernels.MultiplyScalar(expected, 2UL, twice);
            foreach (int threads in (int[])[1, 3])
            {
                foreach ((bool first, bool second) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
                {
                    (ulong[] stored0, int stride0) = Store(b0, k, n, 2, first);
                    (ulong[] stored1, int stride1) = Store(b1, k, n, 3, second);
                    MatrixView right0 = first ? new MatrixView(stored0, n, k, stride0).Transpose() : new MatrixView(stored0, k, n, stride0);
                    MatrixView right1 = second ? new MatrixView(stored1, n, k, stride1).Transpose() : new MatrixView(stored1, k, n, stride1);
                    ulong[] actual = new ulong[m * n];
                    RingMatrix.MultiplySum((RingTilePath)path, new MatrixView(a, m, k), right0, right1, actual, n, false, threads);
                    Assert.Equal(expected, actual);
                    RingMatrix.MultiplySum((RingTilePath)path, new MatrixView(a, m, k), right0, right1, actual, n, true, threads);
                    Assert.Equal(twice, actual);
                }
            }
        }
    }

    [Fact]
    public async Task A_product_in_flight_survives_dispose()
    {
        const int Size = 300;
        ulong[] a = TestPrg.Words(1, Size * Size);
        PackedMatrix b = PackedMatrix.Pack(a, Size, Size, Size);
        ulong[] expected = new ulong[Size * Size];
        RingMatrix.Multiply(new MatrixView(a, Size, Size), b, expected, Size);
        ulong[] actual = new ulong[Size * Size];
        Task<int> products = Task.Run(() =>
        {
            for (int done = 0; ; done++)
            {
                try
                {
                    RingMatrix.Multiply(new MatrixView(a, Size, Size), b, actual, Size);
                    Assert.Equal(expected, actual);
                }
                catch (ObjectDisposedException)
                {
                    return done;
                }
            }
        });
        while (!products.IsCompleted && Volatile.Read(ref actual[^1]) != expected[^1])
        {
            await Task.Yield();
        }

        b.Dispose();
        Assert.True(await products >= 1);
    }

    [Fact]
    public void Random_products_equal_the_scalar_product() => Prop.ForAll<ulong>(seed =>
    {
        int m = (int)(seed % 21), k = (int)(seed / 21 % 70), n = (int)(seed / 1470 % 60);
        ulong[] a = TestPrg.Words(seed, m * k);
        ulong[] b = TestPrg.Words(seed + 1, k * n);
        ulong[] expected = Reference(a, b, m, k, n);
        ulong[] packed = new ulong[m * n];
        ulong[] plain = new ulong[m * n];
        using PackedMatrix right = PackedMatrix.Pack(b, k, n, n);
        RingMatrix.Multiply(new MatrixView(a, m, k), right, packed, n);
        RingMatrix.Multiply(new MatrixView(a, m, k), new MatrixView(b, k, n), plain, n);
        return packed.AsSpan().SequenceEqual(expected) && plain.AsSpan().SequenceEqual(expected);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_tile_alone_can_be_measured()
    {
        Assert.True(RingMatrixDiagnostics.MeasureTile(TimeSpan.FromMilliseconds(1)) > 0);
        Assert.Contains(RingMatrixDiagnostics.Path, Enum.GetNames<RingTilePath>());
        Assert.Throws<ArgumentOutOfRangeException>(() => RingMatrixDiagnostics.MeasureTile(TimeSpan.Zero));
    }

    [Fact]
    public void Wrong_shapes_are_refused_by_name()
    {
        using PackedMatrix b = PackedMatrix.Create(3, 4);
        ulong[] a = new ulong[6];
        ulong[] c = new ulong[8];
        Assert.Contains("2 x 2 and 3 x 4", Assert.Throws<ArgumentException>(() => RingMatrix.Multiply(new MatrixView(a, 2, 2), b, c, 4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RingMatrix.Multiply(new MatrixView(a, 2, 3), b, c.AsSpan(1), 4));
        Assert.Throws<ArgumentException>(() => RingMatrix.Multiply(new MatrixView(a, 2, 3), b, c, 3));
        Assert.Throws<ArgumentException>(() => new MatrixView(a, 2, 4));
        Assert.Throws<ArgumentException>(() => new MatrixView(a, 3, 2, 1));
        Assert.Throws<ArgumentException>(() => b.Write(1, 0, new(new ulong[12], 3, 4)));
        Assert.Throws<ArgumentException>(() => b.WriteSum(0, 0, new(new ulong[12], 3, 4), new(new ulong[12], 4, 3)));
        Assert.Throws<ArgumentException>(() => PackedMatrix.PackReplicated(new(new ulong[12], 3, 4), new(new ulong[12], 4, 3)));
        ulong[] shared = new ulong[20];
        Assert.Throws<ArgumentException>(() => RingMatrix.Multiply(new MatrixView(shared, 2, 3), b, shared.AsSpan(5), 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => RingMatrix.Multiply(new MatrixView(a, 2, 3), b, c, 4, maxDegreeOfParallelism: 0));
        ulong[] summand = new ulong[12];
        Assert.Contains(
            "3 x 4 and 4 x 3",
            Assert.Throws<ArgumentException>(() => RingMatrix.MultiplySum(new MatrixView(a, 2, 3), new MatrixView(summand, 3, 4), new MatrixView(summand, 4, 3), c, 4)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplySum(new MatrixView(a, 2, 2), new MatrixView(summand, 3, 4), new MatrixView(summand, 3, 4), c, 4));
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplySum(new MatrixView(a, 2, 3), new MatrixView(summand, 3, 4), new MatrixView(shared, 3, 4), shared.AsSpan(5), 4));
        Assert.Throws<ArgumentException>(() => RingMatrix.MultiplySum(new MatrixView(a, 2, 3), new MatrixView(shared, 3, 4), new MatrixView(summand, 3, 4), shared.AsSpan(5), 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => PackedMatrix.Create(-1, 4));
        using CpuMatMulBackend backend = new();
        Assert.Throws<ArgumentException>(() => backend.Multiply(new MatrixView(a, 2, 3), new Foreign(), c, 4));
    }

    [Fact]
    public void Use_after_dispose_throws()
    {
        PackedMatrix b = PackedMatrix.Create(3, 4);
        b.Dispose();
        b.Dispose();
        Assert.Throws<ObjectDisposedException>(() => RingMatrix.Multiply(new MatrixView(new ulong[6], 2, 3), b, new ulong[8], 4));
        Assert.Throws<ObjectDisposedException>(() => RingMatrix.Multiply(new MatrixView([], 0, 3), b, new ulong[8], 4));
        Assert.Throws<ObjectDisposedException>(() => b.Write(0, 0, new(new ulong[12], 3, 4)));
    }

    private static void Check(RingTilePath path, int m, int k, int n, int aGap, int bGap, int cGap)
    {
        ulong[] a = TestPrg.Words(1, m * k);
        ulong[] b = TestPrg.Words(2, k * n);
        ulong[] expected = Reference(a, b, m, k, n);
        foreach (bool aTransposed in (bool[])[false, true])
        {
            foreach (bool bTransposed in (bool[])[false, true])
            {
                (ulong[] aStored, int aStride) = Store(a, m, k, aGap, aTransposed);
                (ulong[] bStored, int bStride) = Store(b, k, n, bGap, bTransposed);
                MatrixView left = aTransposed ? new MatrixView(aStored, k, m, aStride).Transpose() : new MatrixView(aStored, m, k, aStride);
                using PackedMatrix packed = PackedMatrix.Pack(bStored, k, n, bStride, bTransposed);
                int cStride = n + cGap;
                ulong[] c = TestPrg.Words(3, m * cStride);
                ulong[] before = [.. c];
                RingMatrix.Multiply(path, left, packed, 0, c, cStride, false, 1);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < cStride; j++)
                    {
                        Assert.Equal(j < n ? expected[i * n + j] : before[i * cStride + j], c[i * cStride + j]);
                    }
                }

                RingMatrix.Multiply(path, left, packed, 0, c, cStride, true, 1);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < cStride; j++)
                    {
                        Assert.Equal(j < n ? unchecked(2 * expected[i * n + j]) : before[i * cStride + j], c[i * cStride + j]);
                    }
                }
            }
        }
    }

    private static (ulong[] Stored, int Stride) Store(ulong[] x, int rows, int columns, int gap, bool transposed)
    {
        int stride = (transposed ? rows : columns) + gap;
        ulong[] stored = TestPrg.Words(9, stride * (transposed ? columns : rows));
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                stored[transposed ? j * stride + i : i * stride + j] = x[i * columns + j];
            }
        }

        return (stored, stride);
    }

    private static ulong[] Reference(ulong[] a, ulong[] b, int m, int k, int n)
    {
        ulong[] c = new ulong[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                ulong sum = 0;
                for (int p = 0; p < k; p++)
                {
                    sum = unchecked(sum + a[i * k + p] * b[p * n + j]);
                }

                c[i * n + j] = sum;
            }
        }

        return c;
    }

    private sealed class Foreign : IPackedMatrix
    {
        public int Rows => 3;

        public int Columns => 4;

        public void Write(int firstRow, int firstColumn, MatrixView block) => throw new NotSupportedException();

        public void WriteSum(int firstRow, int firstColumn, MatrixView x, MatrixView y) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
