using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Matrix products modulo 2^64. Time depends on shapes only.</summary>
/// <remarks>
/// Every path (AVX-512, AVX2, portable) gives the same words. No threads are used unless asked for by <c>maxDegreeOfParallelism</c>.
/// The product may not overlap the left-hand side.
/// </remarks>
public static unsafe partial class RingMatrix
{
    // Fewer multiply-adds than this are not worth a second thread.
    private const long WorthSplitting = 1 << 18;

    // Up to this many rows, packing the right-hand side costs more than it saves.
    private const int RowsInPlace = 16;
    private const int RowsByDots = 2;

    // Up to this many rows, pieces of the right-hand side are copied as they are needed: once for each block of 128 rows. Beyond, it is packed as a whole.
    private const int RowsCopied = 256;

    internal static RingTilePath BestPath =>
        Avx512Tile.IsSupported ? RingTilePath.Avx512 :
        Avx2Tile.IsSupported ? RingTilePath.Avx2 :
        RingTilePath.Portable;

    /// <summary>c = a b, or c += a b.</summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b">The right-hand side, k x n.</param>
    /// <param name="c">The product, m x n.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps <paramref name="a"/>.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    public static void Multiply(MatrixView a, PackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        ArgumentNullException.ThrowIfNull(b);
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns} do not fit.", nameof(b));
        }

        MultiplyRows(a, b, 0, c, cRowStride, accumulate, maxDegreeOfParallelism);
    }

    /// <summary>c = [a0 | a1] b, or c += [a0 | a1] b: one product whose left-hand side lies in two pieces.</summary>
    /// <param name="a0">The left columns of the left-hand side, m x k0.</param>
    /// <param name="a1">The right columns of the left-hand side, m x k1.</param>
    /// <param name="b">The right-hand side, (k0 + k1) x n.</param>
    /// <param name="c">The product, m x n.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps the left-hand side.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    public static void Multiply(
        MatrixView a0, MatrixView a1, PackedMatrix b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1)
    {
        ArgumentNullException.ThrowIfNull(b);
        if (a0.Rows != a1.Rows)
        {
            throw new ArgumentException($"The pieces of the left-hand side have {a0.Rows} and {a1.Rows} rows.", nameof(a1));
        }

        if ((long)a0.Columns + a1.Columns != b.Rows)
        {
            throw new ArgumentException($"The shapes {a0.Rows} x ({a0.Columns} + {a1.Columns}) and {b.Rows} x {b.Columns} do not fit.", nameof(b));
        }

        if (a1.Values.Overlaps(c))
        {
            throw new ArgumentException("The product overlaps the left-hand side.", nameof(c));
        }

        MultiplyRows(a0, b, 0, c, cRowStride, accumulate, maxDegreeOfParallelism);
        MultiplyRows(a1, b, a0.Columns, c, cRowStride, true, maxDegreeOfParallelism);
    }

    /// <summary>
    /// c = or += a times the rows of b from <paramref name="firstRow"/> on, as many as <paramref name="a"/> has columns. A left-hand side
    /// in many pieces is one product when the pieces are multiplied one after another, accumulating.
    /// </summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b">The right-hand side, with at least <paramref name="firstRow"/> + k rows, n columns.</param>
    /// <param name="firstRow">The row of <paramref name="b"/> that the first column of <paramref name="a"/> meets.</param>
    /// <param name="c">The product, m x n.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps <paramref name="a"/>.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="b"/> was disposed.</exception>
    public static void MultiplyRows(
        MatrixView a, PackedMatrix b, int firstRow, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        Multiply(BestPath, a, b, firstRow, c, cRowStride, accumulate, maxDegreeOfParallelism);

    /// <summary>c = a b, or c += a b, with a right-hand side that is used once: packed on the way, or read in place by few rows.</summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b">The right-hand side, k x n.</param>
    /// <param name="c">The product, m x n.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps an operand.</exception>
    public static void Multiply(MatrixView a, MatrixView b, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        Multiply(BestPath, a, b, c, cRowStride, accumulate, maxDegreeOfParallelism);

    /// <summary>c = a (b0 + b1), or c += a (b0 + b1), with summands that are used once: added on the way.</summary>
    /// <param name="a">The left-hand side, m x k.</param>
    /// <param name="b0">A summand of the right-hand side, k x n.</param>
    /// <param name="b1">The other summand, k x n.</param>
    /// <param name="c">The product, m x n.</param>
    /// <param name="cRowStride">The distance between the beginnings of consecutive rows of <paramref name="c"/>.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="c"/>.</param>
    /// <param name="maxDegreeOfParallelism">The largest number of threads to use.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="c"/> overlaps an operand.</exception>
    public static void MultiplySum(
        MatrixView a, MatrixView b0, MatrixView b1, Span<ulong> c, int cRowStride, bool accumulate = false, int maxDegreeOfParallelism = 1) =>
        MultiplySum(BestPath, a, b0, b1, c, cRowStride, accumulate, maxDegreeOfParallelism);

    internal static bool IsSupported(RingTilePath path) => path switch
    {
        RingTilePath.Avx512 => Avx512Tile.IsSupported,
        RingTilePath.Avx2 => Avx2Tile.IsSupported,
        _ => PortableTile.IsSupported,
    };

    internal static void Multiply(
        RingTilePath path, MatrixView a, MatrixView b, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns} do not fit.", nameof(b));
        }

        CheckProduct(a, b.Columns, c, cRowStride, maxDegreeOfParallelism);
        CheckOverlap(b, c);

        if (a.Rows == 0 || a.Columns == 0 || b.Columns == 0)
        {
            ClearProduct(a, b.Columns, c, cRowStride, accumulate);
        }
        else if (!b.IsTransposed && a.Rows <= RowsInPlace)
        {
            MultiplyInPlace(path, a, b, c, cRowStride, accumulate, maxDegreeOfParallelism);
        }
        else if (b.IsTransposed && !a.IsTransposed && a.Rows <= RowsByDots)
        {
            MultiplyByDots(a, b, c, cRowStride, accumulate);
        }
        else if (a.Rows <= RowsCopied)
        {
            MultiplyCopied(path, a, b, default, c, cRowStride, accumulate, maxDegreeOfParallelism);
        }
        else
        {
            using PackedMatrix packed = PackedMatrix.Pack(b);
            Multiply(path, a, packed, 0, c, cRowStride, accumulate, maxDegreeOfParallelism);
        }
    }

    internal static void MultiplySum(
        RingTilePath path, MatrixView a, MatrixView b0, MatrixView b1, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        if (b0.Rows != b1.Rows || b0.Columns != b1.Columns)
        {
            throw new ArgumentException($"The summands have shapes {b0.Rows} x {b0.Columns} and {b1.Rows} x {b1.Columns}.", nameof(b1));
        }

        if (a.Columns != b0.Rows)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b0.Rows} x {b0.Columns} do not fit.", nameof(b0));
        }

        CheckProduct(a, b0.Columns, c, cRowStride, maxDegreeOfParallelism);
        CheckOverlap(b0, c);
        CheckOverlap(b1, c);
        if (a.Rows == 0 || a.Columns == 0 || b0.Columns == 0)
        {
            ClearProduct(a, b0.Columns, c, cRowStride, accumulate);
        }
        else if (a.Rows <= RowsCopied)
        {
            MultiplyCopied(path, a, b0, b1, c, cRowStride, accumulate, maxDegreeOfParallelism);
        }
        else
        {
            using PackedMatrix packed = PackedMatrix.Create(b0.Rows, b0.Columns);
            packed.WriteSum(0, 0, b0, b1);
            Multiply(path, a, packed, 0, c, cRowStride, accumulate, maxDegreeOfParallelism);
        }
    }

    private static void MultiplyCopied(
        RingTilePath path, MatrixView a, MatrixView b, MatrixView addend, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        fixed (ulong* pa = a.Values)
        fixed (ulong* pb = b.Values)
        fixed (ulong* pd = addend.Values)
        fixed (ulong* pc = c)
        {
            RingProduct product = new()
            {
                A = pa,
                ARowStride = a.ElementRowStride,
                AColumnStride = a.ElementColumnStride,
                M = a.Rows,
                K = a.Columns,
                B = Panels.Copied(b.At(pb), addend.At(pd), b.Columns),
                FirstRow = 0,
                C = pc,
                CRowStride = cRowStride,
                Accumulate = accumulate,
            };
            Split(path, product, maxDegreeOfParallelism);
        }
    }

    internal static void Multiply(
        RingTilePath path, MatrixView a, PackedMatrix b, int firstRow, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        if ((long)firstRow + a.Columns > b.Rows)
        {
            throw new ArgumentException($"The shapes {a.Rows} x {a.Columns} and {b.Rows} x {b.Columns} from row {firstRow} on do not fit.", nameof(b));
        }

        CheckProduct(a, b.Columns, c, cRowStride, maxDegreeOfParallelism);
        ObjectDisposedException.ThrowIf(b.Handle.IsClosed, b);
        if (a.Rows == 0 || a.Columns == 0 || b.Columns == 0)
        {
            ClearProduct(a, b.Columns, c, cRowStride, accumulate);
            return;
        }

        SafeHandle handle = b.Handle;
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            fixed (ulong* pa = a.Values)
            fixed (ulong* pc = c)
            {
                RingProduct product = new()
                {
                    A = pa,
                    ARowStride = a.ElementRowStride,
                    AColumnStride = a.ElementColumnStride,
                    M = a.Rows,
                    K = a.Columns,
                    B = Panels.OfPacked((ulong*)handle.DangerousGetHandle(), b.Rows, b.Columns),
                    FirstRow = firstRow,
                    C = pc,
                    CRowStride = cRowStride,
                    Accumulate = accumulate,
                };
                Split(path, product, maxDegreeOfParallelism);
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

    private static void CheckProduct(MatrixView a, int columns, Span<ulong> c, int cRowStride, int maxDegreeOfParallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDegreeOfParallelism, 1);
        MatrixView.CheckLayout(c.Length, a.Rows, columns, cRowStride, nameof(c));
        if (a.Values.Overlaps(c))
        {
            throw new ArgumentException("The product overlaps the left-hand side.", nameof(c));
        }
    }

    private static void CheckOverlap(MatrixView b, Span<ulong> c)
    {
        if (b.Values.Overlaps(c))
        {
            throw new ArgumentException("The product overlaps the right-hand side.", nameof(c));
        }
    }

    // A product over no terms is zero.
    private static void ClearProduct(MatrixView a, int columns, Span<ulong> c, int cRowStride, bool accumulate)
    {
        for (int i = 0; i < a.Rows && !accumulate; i++)
        {
            c.Slice(i * cRowStride, columns).Clear();
        }
    }

    private static void MultiplyInPlace(
        RingTilePath path, MatrixView a, MatrixView b, Span<ulong> c, int cRowStride, bool accumulate, int maxDegreeOfParallelism)
    {
        int whole = b.Columns / PackedMatrix.VectorWidth * PackedMatrix.VectorWidth;
        fixed (ulong* pa = a.Values)
        fixed (ulong* pb = b.Values)
        fixed (ulong* pc = c)
        {
            if (whole > 0)
            {
                RingProduct product = new()
                {
                    A = pa,
                    ARowStride = a.ElementRowStride,
                    AColumnStride = a.ElementColumnStride,
                    M = a.Rows,
                    K = a.Columns,
                    B = Panels.InPlace(pb, whole, Math.Max(b.RowStride, 1)),
                    FirstRow = 0,
                    C = pc,
                    CRowStride = cRowStride,
                    Accumulate = accumulate,
                };
                Split(path, product, maxDegreeOfParallelism);
            }

            for (int i = 0; i < a.Rows; i++)
            {
                ulong* row = pa + i * a.ElementRowStride;
                for (int j = whole; j < b.Columns; j++)
                {
                    ulong sum = accumulate ? pc[(nint)i * cRowStride + j] : 0;
                    for (nint p = 0; p < a.Columns; p++)
                    {
                        sum = unchecked(sum + row[p * a.ElementColumnStride] * pb[p * b.RowStride + j]);
                    }

                    pc[(nint)i * cRowStride + j] = sum;
                }
            }
        }
    }

    private static void MultiplyByDots(MatrixView a, MatrixView b, Span<ulong> c, int cRowStride, bool accumulate)
    {
        for (int i = 0; i < a.Rows; i++)
        {
            ReadOnlySpan<ulong> row = a.Values.Slice(i * a.RowStride, a.Columns);
            for (int j = 0; j < b.Columns; j++)
            {
                ref ulong target = ref c[i * cRowStride + j];
                ulong dot = RingKernels.Dot(row, b.Values.Slice(j * b.RowStride, a.Columns));
                target = accumulate ? unchecked(target + dot) : dot;
            }
        }
    }

    private static void Split(RingTilePath path, RingProduct p, int maxDegreeOfParallelism)
    {
        int panels = p.B.Count;
        long work = (long)p.M * p.K * p.B.Columns;
        int parts = (int)Math.Min(maxDegreeOfParallelism, Math.Max(1, work / WorthSplitting));
        if (parts == 1)
        {
            Run(path, p, 0, p.M, 0, panels);
            return;
        }

        // By rows when every part has full tiles enough; else by columns, so that a few rows stream each weight once.
        int tiles = (p.M + 7) / 8;
        bool byRows = tiles >= 4 * parts && !p.B.IsCopied;
        int units = byRows ? tiles : panels;
        parts = Math.Min(parts, units);
        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, part =>
        {
            int from = (int)((long)units * part / parts);
            int to = (int)((long)units * (part + 1) / parts);
            if (byRows)
            {
                Run(path, p, 8 * from, Math.Min(p.M, 8 * to), 0, panels);
            }
            else
            {
                Run(path, p, 0, p.M, from, to);
            }
        });
    }

    private static void Run(RingTilePath path, in RingProduct p, int firstRow, int lastRow, int firstPanel, int lastPanel)
    {
        switch (path)
        {
            case RingTilePath.Avx512:
                RingProduct<Avx512Tile>.Run(p, firstRow, lastRow, firstPanel, lastPanel);
                break;
            case RingTilePath.Avx2:
                RingProduct<Avx2Tile>.Run(p, firstRow, lastRow, firstPanel, lastPanel);
                break;
            default:
                RingProduct<PortableTile>.Run(p, firstRow, lastRow, firstPanel, lastPanel);
                break;
        }
    }
}
