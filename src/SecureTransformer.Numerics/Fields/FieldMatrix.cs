using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Which tile a product runs on. All give the same words.</summary>
internal enum FieldPath
{
    Portable,
    Avx512,
}

/// <summary>Matrix products modulo 2^127 - 1, two words an element (<see cref="Mersenne127"/>). Sums are reduced once in 128 terms. Time depends on shapes only.</summary>
/// <remarks>
/// Every path gives the same words. No threads are used unless asked for by <c>maxDegreeOfParallelism</c>. Elements are canonical. The product may not overlap a factor.
/// </remarks>
public static unsafe class FieldMatrix
{
    // Fewer products of elements than this are not worth a second thread.
    private const long WorthSplitting = 1 << 15;

    // Arranged rows of a block stay in the second-level cache: 5 KB each.
    private const int BlockRows = 64;

    internal static FieldPath BestPath => Avx512FieldTile.IsSupported ? FieldPath.Avx512 : FieldPath.Portable;

    /// <summary>c = a b, or c += a b. Sums of several products: one after another, accumulating. For a product with a transpose: <see cref="FieldMatrixView.Transpose"/>.</summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b">The right-hand side, k x n.</param>
    /// <param name="c">The product, m x n elements of two words.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>, in elements.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps a factor.</exception>
    public static void Multiply(FieldMatrixView a, FieldMatrixView b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        Multiply(BestPath, a, b, c, cRowStride, accumulate, maxDegreeOfParallelism);

    internal static void Multiply(
        FieldPath path, FieldMatrixView a, FieldMatrixView b, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns} do not fit.", nameof(b));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(maxDegreeOfParallelism, 1);
        MatrixView.CheckLayout(c.Length / Mersenne127.WordCount, a.Rows, b.Columns, cRowStride, nameof(c));
        if (a.Words.Overlaps(c) || b.Words.Overlaps(c))
        {
            throw new ArgumentException("The product overlaps a factor.", nameof(c));
        }

        if (a.Columns == 0)
        {
            // A product over no terms is zero.
            for (int i = 0; i < a.Rows && !accumulate; i++)
            {
                c.Slice(i * cRowStride * Mersenne127.WordCount, b.Columns * Mersenne127.WordCount).Clear();
            }

            return;
        }

        fixed (ulong* pa = a.Words)
        fixed (ulong* pb = b.Words)
        fixed (ulong* pc = c)
        {
            FieldProduct product = new()
            {
                A = a.At(pa),
                B = b.At(pb),
                C = new FieldOperand(pc, (nint)cRowStride * Mersenne127.WordCount, Mersenne127.WordCount),
                M = a.Rows,
                K = a.Columns,
                N = b.Columns,
                Accumulate = accumulate,
            };

            // Where columns would fill a panel badly and rows do not, the transposes are multiplied.
            Split(path, Tiles(b.Columns, a.Rows) < Tiles(a.Rows, b.Columns) ? product.Transpose() : product, maxDegreeOfParallelism);
        }
    }

    private static long Tiles(int rows, int columns) => Ceiling(rows, IFieldTile.Height) * (long)Ceiling(columns, IFieldTile.Width);

    private static int Ceiling(int count, int size) => (int)(((long)count + size - 1) / size);

    private static void Split(FieldPath path, FieldProduct p, int maxDegreeOfParallelism)
    {
        long work = (long)p.M * p.N * p.K;
        int panels = Ceiling(p.N, IFieldTile.Width);
        int pairs = Ceiling(p.M, IFieldTile.Height);
        int parts = (int)Math.Min(maxDegreeOfParallelism, Math.Max(1, work / WorthSplitting));
        bool byRows = p.M >= parts * (BlockRows / 2) || panels < parts;
        int units = byRows ? pairs : panels;
        parts = Math.Min(parts, units);
        if (parts <= 1)
        {
            Run(path, p, 0, p.M, 0, panels);
            return;
        }

        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, part =>
        {
            int from = (int)((long)units * part / parts);
            int to = (int)((long)units * (part + 1) / parts);
            if (byRows)
            {
                Run(path, p, from * IFieldTile.Height, Math.Min(p.M, to * IFieldTile.Height), 0, panels);
            }
            else
            {
                Run(path, p, 0, p.M, from, to);
            }
        });
    }

    private static void Run(FieldPath path, in FieldProduct p, int firstRow, int lastRow, int firstPanel, int lastPanel)
    {
        if (path == FieldPath.Avx512)
        {
            Run<Avx512FieldTile>(p, firstRow, lastRow, firstPanel, lastPanel);
        }
        else
        {
            Run<PortableFieldTile>(p, firstRow, lastRow, firstPanel, lastPanel);
        }
    }

    private static void Run<T>(in FieldProduct p, int firstRow, int lastRow, int firstPanel, int lastPanel)
        where T : struct, IFieldTile
    {
        int rowsAtOnce = Math.Min(BlockRows, lastRow - firstRow);
        int depthAtOnce = Math.Min(IFieldTile.Depth, p.K);

        // Whole vectors, so that what follows is aligned.
        nuint leftWords = (nuint)(((rowsAtOnce * T.LeftWords(depthAtOnce)) + 7) & ~7);
        const int TileWords = IFieldTile.Height * IFieldTile.Width * Mersenne127.WordCount;
        nuint bytes = (leftWords + (nuint)T.RightWords(depthAtOnce) + TileWords) * sizeof(ulong);
        ulong* left = (ulong*)NativeMemory.AlignedAlloc(bytes, SecretBufferPool.Alignment);
        ulong* tile = left + leftWords;
        ulong* right = tile + TileWords;
        try
        {
            for (int i0 = firstRow; i0 < lastRow; i0 += rowsAtOnce)
            {
                int rows = Math.Min(rowsAtOnce, lastRow - i0);
                for (int k0 = 0; k0 < p.K; k0 += depthAtOnce)
                {
                    int depth = Math.Min(depthAtOnce, p.K - k0);
                    T.ArrangeLeft(p.A.From(i0, k0), rows, depth, left);
                    for (int panel = firstPanel; panel < lastPanel; panel++)
                    {
                        int j0 = panel * IFieldTile.Width;
                        int columns = Math.Min(IFieldTile.Width, p.N - j0);
                        T.ArrangeRight(p.B.From(k0, j0), depth, columns, right);
                        for (int i = 0; i < rows; i += IFieldTile.Height)
                        {
                            int height = Math.Min(IFieldTile.Height, rows - i);
                            T.Run(left + (i * T.LeftWords(depth)), height, right, depth, tile);
                            Store(tile, p.C.From(i0 + i, j0), height, columns, p.Accumulate || k0 > 0);
                        }
                    }
                }
            }
        }
        finally
        {
            NativeMemory.Clear(left, bytes);
            NativeMemory.AlignedFree(left);
        }
    }

    private static void Store(ulong* tile, in FieldOperand c, int rows, int columns, bool add)
    {
        for (int i = 0; i < rows; i++, tile += IFieldTile.Width * Mersenne127.WordCount)
        {
            ulong* to = c.Words + (i * c.RowStride);
            if (c.ColumnStride == Mersenne127.WordCount)
            {
                ReadOnlySpan<ulong> row = new(tile, columns * Mersenne127.WordCount);
                Span<ulong> target = new(to, row.Length);
                if (add)
                {
                    FieldKernels.AddInto(target, row);
                }
                else
                {
                    row.CopyTo(target);
                }

                continue;
            }

            for (int j = 0; j < columns; j++, to += c.ColumnStride)
            {
                Mersenne127 value = new(tile[2 * j], tile[(2 * j) + 1]);
                if (add)
                {
                    value += new Mersenne127(to[0], to[1]);
                }

                to[0] = value.Low;
                to[1] = value.High;
            }
        }
    }
}

/// <summary>One product, c = or += a b, after validation.</summary>
internal readonly struct FieldProduct
{
    public required FieldOperand A { get; init; }

    public required FieldOperand B { get; init; }

    public required FieldOperand C { get; init; }

    public required int M { get; init; }

    public required int K { get; init; }

    public required int N { get; init; }

    public required bool Accumulate { get; init; }

    public FieldProduct Transpose() => new() { A = B.Transpose(), B = A.Transpose(), C = C.Transpose(), M = N, K = K, N = M, Accumulate = Accumulate };
}
