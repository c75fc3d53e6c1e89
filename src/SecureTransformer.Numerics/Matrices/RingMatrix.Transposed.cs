using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <content>
/// Products with the transpose of a packed matrix, without packing it again. The panels are read once, in order, for all rows of the left-hand side, which is
/// packed like the right one.
/// </content>
public static unsafe partial class RingMatrix
{
    // Rows of a panel at a time: few rows of the left-hand side want a long stream from memory; for many, the piece of the panel and its sums stay in the second-level
    // cache from one eight of them to the next.
    private const int RowsOfFew = 4096;
    private const int RowsOfMany = 512;
    private const int RowsTogether = 8;

    /// <summary>c = a b^T, or c += a b^T.</summary>
    /// <param name="a">The left-hand side, m x n.</param>
    /// <param name="b">The matrix whose transpose is the right-hand side, k x n.</param>
    /// <param name="c">The product, m x k.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps <paramref name="a"/>.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    public static void MultiplyTransposed(
        MatrixView a, PackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        ArgumentNullException.ThrowIfNull(b);
        MultiplyTransposed(BestPath, a, b, 0, b.Rows, c, cRowStride, accumulate, maxDegreeOfParallelism);
    }

    /// <summary>
    /// c = a0 b0^T + a1 b1^T, or added to c, where b is b0 on b1, of as many rows: with <see cref="PackedMatrix.PackReplicated"/>, the local part of a replicated
    /// product with the transpose.
    /// </summary>
    /// <param name="a0">The left-hand side of the upper half, m x n.</param>
    /// <param name="a1">The left-hand side of the lower half, m x n.</param>
    /// <param name="b">The matrix whose halves' transposes are the right-hand sides, 2k x n.</param>
    /// <param name="c">The product, m x k.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps a left-hand side.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    public static void MultiplyTransposed(
        MatrixView a0, MatrixView a1, PackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        ArgumentNullException.ThrowIfNull(b);
        if (a0.Rows != a1.Rows || a0.Columns != a1.Columns)
        {
            throw new ArgumentException($"The left-hand sides have shapes {a0.Rows} x {a0.Columns} and {a1.Rows} x {a1.Columns}.", nameof(a1));
        }

        if (b.Rows % 2 != 0)
        {
            throw new ArgumentException($"A matrix of {b.Rows} x {b.Columns} has no halves of as many rows.", nameof(b));
        }

        if (a1.Values.Overlaps(c))
        {
            throw new ArgumentException("The product overlaps the left-hand side.", nameof(c));
        }

        int half = b.Rows / 2;
        MultiplyTransposed(BestPath, a0, b, 0, half, c, cRowStride, accumulate, maxDegreeOfParallelism);
        MultiplyTransposed(BestPath, a1, b, half, half, c, cRowStride, true, maxDegreeOfParallelism);
    }

    internal static void MultiplyTransposed(
        RingTilePath path, MatrixView a, PackedMatrix b, int firstRow, int rowCount, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        if (a.Columns != b.Columns)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns}, transposed, do not fit.", nameof(b));
        }

        CheckProduct(a, rowCount, c, cRowStride, maxDegreeOfParallelism);
        ObjectDisposedException.ThrowIf(b.Handle.IsClosed, b);
        if (a.Rows == 0 || a.Columns == 0 || rowCount == 0)
        {
            ClearProduct(a, rowCount, c, cRowStride, accumulate);
            return;
        }

        SafeHandle handle = b.Handle;
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            using PackedMatrix left = PackedMatrix.Pack(a);
            fixed (ulong* pc = c)
            {
                TransposedProduct product = new()
                {
                    A = Panels.OfPacked((ulong*)left.Handle.DangerousGetHandle(), a.Rows, a.Columns),
                    M = a.Rows,
                    B = Panels.OfPacked((ulong*)handle.DangerousGetHandle(), b.Rows, b.Columns),
                    FirstRow = firstRow,
                    C = pc,
                    CRowStride = cRowStride,
                    Accumulate = accumulate,
                };
                SplitTransposed(path, product, rowCount, maxDegreeOfParallelism);
            }
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static void SplitTransposed(RingTilePath path, TransposedProduct p, int rowCount, int maxDegreeOfParallelism)
    {
        long work = (long)p.M * rowCount * p.B.Columns;
        int units = (int)(((long)rowCount + RowsTogether - 1) / RowsTogether);
        int parts = (int)Math.Min(Math.Min(maxDegreeOfParallelism, units), Math.Max(1, work / WorthSplitting));
        if (parts == 1)
        {
            RunTransposed(path, p, 0, rowCount);
            return;
        }

        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, part =>
        {
            long from = (long)units * part / parts * RowsTogether;
            long to = Math.Min(rowCount, (long)units * (part + 1) / parts * RowsTogether);
            RunTransposed(path, p, (int)from, (int)to);
        });
    }

    private static void RunTransposed(RingTilePath path, in TransposedProduct p, int from, int to)
    {
        switch (path)
        {
            case RingTilePath.Avx512:
                RunTransposed<Avx512Tile>(p, from, to);
                break;
            case RingTilePath.Avx2:
                RunTransposed<Avx2Tile>(p, from, to);
                break;
            default:
                RunTransposed<PortableTile>(p, from, to);
                break;
        }
    }

    private static void RunTransposed<TTile>(in TransposedProduct p, int from, int to)
        where TTile : struct, IRingTile
    {
        int rowsAtOnce = p.M <= RowsTogether ? RowsOfFew : RowsOfMany;
        for (int k0 = from; k0 < to; k0 += rowsAtOnce)
        {
            int count = Math.Min(rowsAtOnce, to - k0);
            ulong* c = p.C + k0;
            for (int i = 0; i < p.M && !p.Accumulate; i++)
            {
                NativeMemory.Clear(c + i * p.CRowStride, (nuint)count * sizeof(ulong));
            }

            for (int panel = 0; panel < p.B.Count; panel++)
            {
                int width = p.B.Width(panel);
                ulong* b = p.B[panel] + ((nint)p.FirstRow + k0) * width;
                for (int i = 0; i < p.M; i += RowsTogether)
                {
                    TTile.MultiplyTransposed(Math.Min(RowsTogether, p.M - i), width, p.A[panel] + (nint)i * width, b, count, c + i * p.CRowStride, p.CRowStride);
                }
            }
        }
    }

    /// <summary>One product, c = or += a b^T, after validation.</summary>
    private readonly struct TransposedProduct
    {
        public required Panels A { get; init; }

        public required int M { get; init; }

        public required Panels B { get; init; }

        /// <summary>The row of B that gives the first column of C.</summary>
        public required int FirstRow { get; init; }

        public required ulong* C { get; init; }

        public required nint CRowStride { get; init; }

        public required bool Accumulate { get; init; }
    }
}
