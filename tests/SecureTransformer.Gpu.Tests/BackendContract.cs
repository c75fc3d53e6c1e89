using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Tests;

/// <summary>What every backend must do, bit for bit as <see cref="RingMatrix"/>. Cases by name, so that each is a test of its own on each backend.</summary>
internal static class BackendContract
{
    private static readonly Dictionary<string, Action<IMatMulBackend>> s_cases = new()
    {
        ["products of ragged shapes"] = Ragged,
        ["empty operands"] = Empty,
        ["larger than any work-group"] = Large,
        ["strided and transposed views"] = Views,
        ["blocks of the right-hand side, and sums"] = Blocks,
        ["a left-hand side in two pieces"] = TwoPieces,
        ["the transpose of the right-hand side"] = Transposed,
        ["the transposes of its halves"] = TransposedHalves,
        ["accumulating"] = Accumulating,
        ["rows in odd chunks, in any order, again"] = OddChunks,
        ["several in flight"] = InFlight,
        ["operands may change after the beginning"] = TakenOver,
        ["from many threads"] = Threads,
        ["batches"] = Batches,
        ["batches of two terms"] = BatchesOfTwoTerms,
        ["empty batches"] = EmptyBatches,
        ["shapes that do not fit"] = BadShapes,
        ["reads that do not fit"] = BadReads,
        ["matrices of others"] = Foreign,
        ["use after dispose"] = Disposed,
        ["nothing is printed"] = NothingPrinted,
    };

    public static IEnumerable<string> Names => s_cases.Keys;

    public static void Run(string name, IMatMulBackend backend) => s_cases[name](backend);

    private static void Ragged(IMatMulBackend backend)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 1, 1), (1, 300, 7), (2, 1, 2), (3, 5, 17), (8, 16, 64), (9, 17, 65), (31, 33, 29), (64, 64, 64), (65, 130, 127), (129, 15, 130), (1, 128, 257), (9, 1500, 20)])
        {
            Check(backend, m, k, n);
        }

        using AesCtrPrg prg = TestPrg.Create(77);
        for (int i = 0; i < 6; i++)
        {
            Check(backend, 1 + (int)(prg.NextUInt64() % 150), 1 + (int)(prg.NextUInt64() % 150), 1 + (int)(prg.NextUInt64() % 150));
        }
    }

    private static void Empty(IMatMulBackend backend)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
        {
            Check(backend, m, k, n);
        }
    }

    private static void Large(IMatMulBackend backend) => Check(backend, 600, 70, 530);

    private static void Views(IMatMulBackend backend)
    {
        ulong[] a = TestPrg.Words(1, 40 * 50);
        ulong[] b = TestPrg.Words(2, 40 * 50);
        foreach (bool flipA in (bool[])[false, true])
        {
            foreach (bool flipB in (bool[])[false, true])
            {
                MatrixView left = flipA ? new MatrixView(a, 33, 21, 45).Transpose() : new MatrixView(a, 21, 33, 45);
                MatrixView right = flipB ? new MatrixView(b, 37, 33, 41).Transpose() : new MatrixView(b, 33, 37, 41);
                using IPackedMatrix packed = backend.Create(33, 37);
                packed.Write(0, 0, right);
                ulong[] expected = TestPrg.Words(3, 21 * 40);
                ulong[] actual = [.. expected];
                RingMatrix.Multiply(left, right, expected, 40);
                backend.Multiply(left, packed, actual, 40);
                Assert.Equal(expected, actual);
            }
        }
    }

    private static void Blocks(IMatMulBackend backend)
    {
        const int K = 50, N = 70, M = 11;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] x = TestPrg.Words(2, K * N);
        ulong[] y = TestPrg.Words(3, K * N);
        using IPackedMatrix right = backend.Create(K, N);
        Assert.Equal((K, N), (right.Rows, right.Columns));
        CheckAgainst(new ulong[K * N]);

        // A quarter each: plain, a sum, transposed, and a sum of transposes; the rest stays zero.
        ulong[] b = new ulong[K * N];
        right.Write(0, 0, new MatrixView(x, 20, 30, N));
        right.WriteSum(20, 0, new MatrixView(x, 20, 30, N), new MatrixView(y, 20, 30, N));
        right.Write(0, 30, new MatrixView(x, 33, 20, 40).Transpose());
        right.WriteSum(20, 30, new MatrixView(x, 33, 20, 40).Transpose(), new MatrixView(y, 20, 33, 34));
        right.Write(5, 5, new MatrixView(y, 0, 3));
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j < 33; j++)
            {
                if (j < 30)
                {
                    b[i * N + j] = x[i * N + j];
                    b[(20 + i) * N + j] = unchecked(x[i * N + j] + y[i * N + j]);
                }

                b[i * N + 30 + j] = x[j * 40 + i];
                b[(20 + i) * N + 30 + j] = unchecked(x[j * 40 + i] + y[i * 34 + j]);
            }
        }

        CheckAgainst(b);

        void CheckAgainst(ulong[] plain)
        {
            ulong[] expected = new ulong[M * N];
            ulong[] actual = new ulong[M * N];
            RingMatrix.Multiply(new MatrixView(a, M, K), new MatrixView(plain, K, N), expected, N);
            backend.Multiply(new MatrixView(a, M, K), right, actual, N);
            Assert.Equal(expected, actual);
        }
    }

    private static void TwoPieces(IMatMulBackend backend)
    {
        foreach ((int m, int k0, int k1, int n) in ((int, int, int, int)[])[(5, 7, 9, 11), (70, 64, 64, 40), (1, 31, 2, 65), (3, 0, 5, 4), (3, 5, 0, 4)])
        {
            ulong[] a0 = TestPrg.Words(1, m * (k0 + 3));
            ulong[] a1 = TestPrg.Words(2, m * k1);
            ulong[] b = TestPrg.Words(3, (k0 + k1) * n);
            using IPackedMatrix right = Packed(backend, b, k0 + k1, n);
            using var reference = PackedMatrix.Pack(b, k0 + k1, n, n);
            ulong[] expected = new ulong[m * n];
            ulong[] actual = new ulong[m * n];
            var first = new MatrixView(a0, m, k0, k0 + 3);
            MatrixView second = k1 == 9 ? new MatrixView(a1, k1, m).Transpose() : new MatrixView(a1, m, k1);
            RingMatrix.Multiply(first, second, reference, expected, n);
            backend.Multiply(first, second, right, actual, n);
            Assert.Equal(expected, actual);
        }
    }

    private static void Transposed(IMatMulBackend backend)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 1, 1), (5, 7, 9), (1, 200, 33), (70, 130, 65), (9, 40, 128), (0, 3, 4), (3, 4, 0), (3, 0, 4)])
        {
            ulong[] a = TestPrg.Words(1, m * n);
            ulong[] b = TestPrg.Words(2, k * n);
            using IPackedMatrix right = Packed(backend, b, k, n);
            ulong[] expected = new ulong[m * k];
            RingMatrix.Multiply(new MatrixView(a, m, n), new MatrixView(b, k, n).Transpose(), expected, k);
            using IPendingProduct product = backend.Begin(new MatrixView(a, m, n), right, transposed: true);
            Assert.Equal(expected, Whole(product));
        }
    }

    private static void TransposedHalves(IMatMulBackend backend)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(1, 1, 1), (5, 7, 9), (1, 100, 33), (70, 129, 65), (9, 64, 128), (3, 20, 500)])
        {
            ulong[] a0 = TestPrg.Words(1, m * n);
            ulong[] a1 = TestPrg.Words(2, m * n);
            ulong[] b = TestPrg.Words(3, 2 * k * n);
            using IPackedMatrix right = Packed(backend, b, 2 * k, n);
            using var reference = PackedMatrix.Pack(b, 2 * k, n, n);
            ulong[] expected = new ulong[m * k];
            RingMatrix.MultiplyTransposed(new MatrixView(a0, m, n), new MatrixView(a1, m, n), reference, expected, k);
            using IPendingProduct product = backend.Begin(new MatrixView(a0, m, n), new MatrixView(a1, m, n), right, transposed: true);
            Assert.Equal(expected, Whole(product));
        }
    }

    private static void Accumulating(IMatMulBackend backend)
    {
        const int M = 20, K = 30, N = 40;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] b = TestPrg.Words(2, K * N);
        ulong[] expected = TestPrg.Words(3, M * (N + 2));
        ulong[] actual = [.. expected];
        using IPackedMatrix right = Packed(backend, b, K, N);
        RingMatrix.Multiply(new MatrixView(a, M, K), new MatrixView(b, K, N), expected, N + 2, true);
        backend.Multiply(new MatrixView(a, M, K), right, actual, N + 2, true);
        Assert.Equal(expected, actual);
        RingMatrix.Multiply(new MatrixView(a, M, K), new MatrixView(b, K, N), expected, N + 2, true);
        using IPendingProduct product = backend.Begin(new MatrixView(a, M, 10, K), new MatrixView(a.AsSpan(10), M, 20, K), right);
        product.Read(0, M, actual, N + 2, true);
        Assert.Equal(expected, actual);

        using IPackedMatrix none = backend.Create(0, N);
        backend.Multiply(new MatrixView([], M, 0), none, actual, N + 2, true);
        Assert.Equal(expected, actual);
    }

    private static void OddChunks(IMatMulBackend backend)
    {
        const int M = 700, K = 20, N = 33;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] b = TestPrg.Words(2, K * N);
        ulong[] expected = Product(a, b, M, K, N);
        using IPackedMatrix right = Packed(backend, b, K, N);
        using IPendingProduct product = backend.Begin(new MatrixView(a, M, K), right);
        Assert.Equal((M, N), (product.Rows, product.Columns));
        ulong[] actual = new ulong[M * N];
        product.Read(690, 10, actual.AsSpan(690 * N), N);
        int[] sizes = [1, 130, 0, 7, 400, 152];
        for (int i = 0, row = 0; i < sizes.Length; row += sizes[i], i++)
        {
            product.Read(row, sizes[i], actual.AsSpan(row * N), N);
        }

        Assert.Equal(expected, actual);
        Assert.Equal(expected, Whole(product));
    }

    private static void InFlight(IMatMulBackend backend)
    {
        const int M = 90, K = 40, N = 50, Count = 7;
        ulong[] b = TestPrg.Words(2, K * N);
        using IPackedMatrix right = Packed(backend, b, K, N);
        ulong[][] lefts = [.. Enumerable.Range(0, Count).Select(i => TestPrg.Words(10 + (ulong)i, M * K))];
        IPendingProduct[] products = [.. lefts.Select(a => backend.Begin(new MatrixView(a, M, K), right))];
        products[3].Dispose();
        for (int i = Count - 1; i >= 0; i--)
        {
            if (i != 3)
            {
                Assert.Equal(Product(lefts[i], b, M, K, N), Whole(products[i]));
                products[i].Dispose();
            }
        }
    }

    private static void TakenOver(IMatMulBackend backend)
    {
        const int M = 300, K = 40, N = 50;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] b = TestPrg.Words(2, K * N);
        ulong[] expected = Product(a, b, M, K, N);
        using IPackedMatrix right = Packed(backend, b, K, N);
        using IPendingProduct product = backend.Begin(new MatrixView(a, M, K), right);
        using IPendingProduct batch = backend.BeginBatch(new BatchShape(1, M, K, N), a, b);
        Array.Clear(a);
        Array.Clear(b);
        Assert.Equal(expected, Whole(product));
        Assert.Equal(expected, Whole(batch));
    }

    private static void Threads(IMatMulBackend backend)
    {
        ulong[] b = TestPrg.Words(2, 48 * 80);
        using IPackedMatrix right = Packed(backend, b, 48, 80);
        Parallel.For(0, 12, i =>
        {
            int rows = 3 + 11 * i;
            ulong[] a = TestPrg.Words(20 + (ulong)i, rows * 48);
            using IPendingProduct product = backend.Begin(new MatrixView(a, rows, 48), right);
            Assert.Equal(Product(a, b, rows, 48, 80), Whole(product));
        });
    }

    private static void Batches(IMatMulBackend backend)
    {
        foreach (bool transposed in (bool[])[false, true])
        {
            foreach ((int count, int m, int k, int n) in ((int, int, int, int)[])[(1, 1, 1, 1), (12, 5, 7, 9), (3, 130, 64, 65), (40, 1, 64, 33), (2, 9, 200, 17)])
            {
                CheckBatch(backend, new BatchShape(count, m, k, n, transposed), false);
            }
        }
    }

    private static void BatchesOfTwoTerms(IMatMulBackend backend)
    {
        foreach (bool transposed in (bool[])[false, true])
        {
            foreach ((int count, int m, int k, int n) in ((int, int, int, int)[])[(1, 1, 1, 1), (12, 5, 7, 9), (3, 70, 64, 65), (40, 1, 64, 33), (2, 9, 700, 17)])
            {
                CheckBatch(backend, new BatchShape(count, m, k, n, transposed), true);
            }
        }
    }

    private static void EmptyBatches(IMatMulBackend backend)
    {
        foreach ((int count, int m, int k, int n) in ((int, int, int, int)[])[(0, 2, 3, 4), (2, 0, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0)])
        {
            CheckBatch(backend, new BatchShape(count, m, k, n), false);
        }
    }

    private static void BadShapes(IMatMulBackend backend)
    {
        ulong[] words = new ulong[100];
        using IPackedMatrix right = backend.Create(3, 4);
        Says("2 x 5 and 3 x 4", () => backend.Multiply(new MatrixView(words, 2, 5), right, words.AsSpan(50), 4));
        Says("2 x 5 and 3 x 4", () => backend.Begin(new MatrixView(words, 2, 5), right));
        Says("2 x 3 and 3 x 4, transposed", () => backend.Begin(new MatrixView(words, 2, 3), right, transposed: true));
        Says("2 x (1 + 1)", () => backend.Begin(new MatrixView(words, 2, 1), new MatrixView(words, 2, 1), right));
        Says("2 x 1 and 3 x 2", () => backend.Begin(new MatrixView(words, 2, 1), new MatrixView(words, 3, 2), right));
        Says("halves", () => backend.Begin(new MatrixView(words, 2, 4), new MatrixView(words, 2, 4), right, transposed: true));
        Says("2 x 4", () => backend.Multiply(new MatrixView(words, 2, 3), right, new ulong[7], 4));
        Says("24 elements, not 100", () => backend.BeginBatch(new BatchShape(2, 3, 4, 5), words, new ulong[40]));
        Says("40 elements, not 100", () => backend.BeginBatch(new BatchShape(2, 3, 4, 5), new ulong[24], words));
        Says("24 elements, not 0", () => backend.BeginBatch(new BatchShape(2, 3, 4, 5), new ulong[24], new ulong[40], [], new ulong[40]));
        Says("40 elements, not 0", () => backend.BeginBatch(new BatchShape(2, 3, 4, 5), new ulong[24], new ulong[40], new ulong[24], []));
        Says("3 x 4", () => right.Write(1, 0, new MatrixView(words, 3, 4)));
        Says("3 x 4", () => right.Write(0, 1, new MatrixView(words, 3, 4)));
        Says("2 x 2 and 1 x 2", () => right.WriteSum(0, 0, new MatrixView(words, 2, 2), new MatrixView(words, 1, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => right.Write(-1, 0, new MatrixView(words, 1, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Create(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Create(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.BeginBatch(new BatchShape(-1, 0, 0, 0), [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.BeginBatch(new BatchShape(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue), [], []));
        Assert.Throws<ArgumentNullException>(() => backend.Begin(new MatrixView(words, 2, 3), null!));
    }

    private static void BadReads(IMatMulBackend backend)
    {
        using IPackedMatrix right = backend.Create(3, 4);
        using IPendingProduct product = backend.Begin(new MatrixView(new ulong[15], 5, 3), right);
        ulong[] target = new ulong[20];
        Assert.Throws<ArgumentOutOfRangeException>(() => product.Read(-1, 1, target, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => product.Read(0, -1, target, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => product.Read(0, 6, target, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => product.Read(int.MaxValue, int.MaxValue, target, 4));
        Assert.Throws<ArgumentException>(() => product.Read(0, 5, target, 3));
        Assert.Throws<ArgumentException>(() => product.Read(0, 5, target.AsSpan(1), 4));
    }

    private static void Foreign(IMatMulBackend backend)
    {
        using IPackedMatrix foreign = new ForeignMatrix();
        Says("another backend", () => backend.Multiply(new MatrixView(new ulong[6], 2, 3), foreign, new ulong[8], 4));
        Says("another backend", () => backend.Begin(new MatrixView(new ulong[6], 2, 3), foreign));
    }

    private static void Disposed(IMatMulBackend backend)
    {
        ulong[] a = TestPrg.Words(1, 6);
        IPackedMatrix right = backend.Create(3, 4);
        IPendingProduct product = backend.Begin(new MatrixView(a, 2, 3), right);
        product.Dispose();
        product.Dispose();
        Assert.Throws<ObjectDisposedException>(() => product.Read(0, 2, new ulong[8], 4));
        right.Dispose();
        right.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Begin(new MatrixView(a, 2, 3), right).Dispose());
        Assert.Throws<ObjectDisposedException>(() => backend.Multiply(new MatrixView(a, 2, 3), right, new ulong[8], 4));
        Assert.Throws<ObjectDisposedException>(() => right.Write(0, 0, new MatrixView(a, 1, 1)));
    }

    private static void NothingPrinted(IMatMulBackend backend)
    {
        ulong[] secret = [1234567890123456789];
        using IPackedMatrix right = Packed(backend, secret, 1, 1);
        using IPendingProduct product = backend.Begin(new MatrixView(secret, 1, 1), right);
        using IPendingProduct batch = backend.BeginBatch(new BatchShape(1, 1, 1, 1), secret, secret);
        Assert.DoesNotContain("123456789", $"{right} {product} {batch}", StringComparison.Ordinal);
        Assert.Contains("[1 x 1]", right.ToString(), StringComparison.Ordinal);
    }

    private static void Check(IMatMulBackend backend, int m, int k, int n)
    {
        ulong[] a = TestPrg.Words(1, m * k);
        ulong[] b = TestPrg.Words(2, k * n);
        using IPackedMatrix right = Packed(backend, b, k, n);
        ulong[] actual = TestPrg.Words(3, m * n);
        backend.Multiply(new MatrixView(a, m, k), right, actual, n);
        Assert.Equal(Product(a, b, m, k, n), actual);
    }

    private static void CheckBatch(IMatMulBackend backend, BatchShape shape, bool two)
    {
        (int count, int m, int k, int n) = (shape.Count, shape.Rows, shape.Inner, shape.Columns);
        ulong[][] a = [TestPrg.Words(1, count * m * k), TestPrg.Words(2, two ? count * m * k : 0)];
        ulong[][] b = [TestPrg.Words(3, count * k * n), TestPrg.Words(4, two ? count * k * n : 0)];
        ulong[] expected = new ulong[count * m * n];
        for (int i = 0; i < count; i++)
        {
            for (int term = 0; term < (two ? 2 : 1); term++)
            {
                ReadOnlySpan<ulong> right = b[term].AsSpan(i * k * n, k * n);
                RingMatrix.Multiply(
                    new MatrixView(a[term].AsSpan(i * m * k, m * k), m, k),
                    shape.TransposeRight ? new MatrixView(right, n, k).Transpose() : new MatrixView(right, k, n),
                    expected.AsSpan(i * m * n, m * n),
                    n,
                    term > 0);
            }
        }

        using IPendingProduct product = backend.BeginBatch(shape, a[0], b[0], a[1], b[1]);
        Assert.Equal((count * m, n), (product.Rows, product.Columns));
        Assert.Equal(expected, Whole(product));

        // Rows that begin in one matrix and end in another.
        if (product.Rows > 3)
        {
            ulong[] some = new ulong[(product.Rows - 2) * n];
            product.Read(1, product.Rows - 2, some, n);
            Assert.Equal(expected[n..^n], some);
        }
    }

    private static IPackedMatrix Packed(IMatMulBackend backend, ulong[] b, int k, int n)
    {
        IPackedMatrix right = backend.Create(k, n);
        right.Write(0, 0, new MatrixView(b, k, n));
        return right;
    }

    private static ulong[] Product(ulong[] a, ulong[] b, int m, int k, int n)
    {
        ulong[] c = new ulong[m * n];
        RingMatrix.Multiply(new MatrixView(a, m, k), new MatrixView(b, k, n), c, n);
        return c;
    }

    private static ulong[] Whole(IPendingProduct product)
    {
        ulong[] c = TestPrg.Words(99, product.Rows * product.Columns);
        product.Read(0, product.Rows, c, product.Columns);
        return c;
    }

    private static void Says(string words, Action action) => Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);

    private sealed class ForeignMatrix : IPackedMatrix
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
