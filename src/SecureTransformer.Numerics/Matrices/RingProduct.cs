using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Which tile a product runs on. All give the same words.</summary>
internal enum RingTilePath
{
    Portable,
    Avx2,
    Avx512,
}

/// <summary>One product, c = or += a b, after validation: the arguments of the blocked loops.</summary>
internal readonly unsafe struct RingProduct
{
    public required ulong* A { get; init; }

    public required nint ARowStride { get; init; }

    public required nint AColumnStride { get; init; }

    public required int M { get; init; }

    public required int K { get; init; }

    public required Panels B { get; init; }

    /// <summary>The row of B that the first column of A meets.</summary>
    public required int FirstRow { get; init; }

    public required ulong* C { get; init; }

    public required nint CRowStride { get; init; }

    public required bool Accumulate { get; init; }
}

/// <summary>
/// The loops around the tile, after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (ACM TOMS 2008): a block
/// of A, packed in tiles of 8 rows, and a piece of one panel of B stay in the second-level cache while the tiles pass.
/// </summary>
internal static unsafe class RingProduct<TTile>
    where TTile : struct, IRingTile
{
    private const int TileRows = 8;
    private const int BlockRows = 128;

    // Half of a second-level cache of 1 MB.
    private const int BlockWords = 64 * 1024;

    // 96 KB of a panel, streamed from the second-level cache. Shorter pieces fit the first, but c is then read and written more often,
    // which costs more (measured on Zen 5: 43 to 44 G multiply-adds/s with 256, 46 to 48 with 512).
    private const int PanelRows = 512;

    // Below this many panels a packed element of A would be used too few times to pay for packing it.
    private const int PanelsWorthPacking = 3;

    public static void Run(in RingProduct p, int firstTileRow, int lastTileRow, int firstPanel, int lastPanel)
    {
        bool pack = p.M >= TileRows && lastPanel - firstPanel >= PanelsWorthPacking;
        int rowsAtOnce = Math.Min(BlockRows, lastTileRow - firstTileRow);
        int depthAtOnce = pack ? Math.Min(p.K, BlockWords / ((rowsAtOnce + TileRows - 1) / TileRows * TileRows)) : p.K;
        nuint leftWords = pack ? (nuint)(rowsAtOnce + TileRows) * (nuint)depthAtOnce : 0;
        nuint rightWords = p.B.IsCopied ? (nuint)(PanelRows * PackedMatrix.PanelWidth) : 0;
        nuint scratchBytes = (leftWords + rightWords) * sizeof(ulong);
        ulong* scratch = scratchBytes == 0 ? null : (ulong*)NativeMemory.AlignedAlloc(scratchBytes, SecretBufferPool.Alignment);
        ulong* right = scratch + leftWords;
        try
        {
            for (int i0 = firstTileRow; i0 < lastTileRow; i0 += BlockRows)
            {
                int rows = Math.Min(BlockRows, lastTileRow - i0);
                for (int k0 = 0; k0 < p.K; k0 += depthAtOnce)
                {
                    int depth = Math.Min(depthAtOnce, p.K - k0);
                    ulong* a = p.A + i0 * p.ARowStride + k0 * p.AColumnStride;
                    if (pack)
                    {
                        PackLeft(scratch, a, p.ARowStride, p.AColumnStride, rows, depth);
                        Block(p, right, scratch, 1, TileRows, (nint)TileRows * depth, i0, rows, k0, depth, firstPanel, lastPanel);
                    }
                    else
                    {
                        Block(p, right, a, p.ARowStride, p.AColumnStride, TileRows * p.ARowStride, i0, rows, k0, depth, firstPanel, lastPanel);
                    }
                }
            }
        }
        finally
        {
            if (scratch != null)
            {
                NativeMemory.Clear(scratch, scratchBytes);
                NativeMemory.AlignedFree(scratch);
            }
        }
    }

    private static void Block(
        in RingProduct p,
        ulong* right,
        ulong* a,
        nint rowStride,
        nint columnStride,
        nint tileStride,
        int i0,
        int rows,
        int k0,
        int depth,
        int firstPanel,
        int lastPanel)
    {
        ulong* edge = stackalloc ulong[TileRows * PackedMatrix.PanelWidth];
        bool usedEdge = false;
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int width = p.B.Width(panel);
            int columns = Math.Min(PackedMatrix.PanelWidth, p.B.Columns - panel * PackedMatrix.PanelWidth);
            nint bStride = p.B.RowStride(panel);
            ulong* c = p.C + i0 * p.CRowStride + (nint)panel * PackedMatrix.PanelWidth;
            for (int k1 = 0; k1 < depth; k1 += PanelRows)
            {
                int count = Math.Min(PanelRows, depth - k1);
                ulong* b = p.B.Rows(panel, (nint)p.FirstRow + k0 + k1, count, right);
                bool accumulate = p.Accumulate || k0 + k1 > 0;
                ulong* tileA = a + k1 * columnStride;
                ulong* tileC = c;
                for (int i = 0; i < rows; i += TileRows, tileA += tileStride, tileC += TileRows * p.CRowStride)
                {
                    int tileRows = Math.Min(TileRows, rows - i);
                    if (columns == width)
                    {
                        TTile.Multiply(tileRows, width, tileA, rowStride, columnStride, b, bStride, count, tileC, p.CRowStride, accumulate);
                    }
                    else
                    {
                        usedEdge = true;
                        TTile.Multiply(tileRows, width, tileA, rowStride, columnStride, b, bStride, count, edge, PackedMatrix.PanelWidth, false);
                        MergeEdge(edge, tileC, p.CRowStride, tileRows, columns, accumulate);
                    }
                }
            }
        }

        if (usedEdge)
        {
            NativeMemory.Clear(edge, TileRows * PackedMatrix.PanelWidth * sizeof(ulong));
        }
    }

    private static void MergeEdge(ulong* edge, ulong* c, nint cRowStride, int rows, int columns, bool accumulate)
    {
        for (int r = 0; r < rows; r++)
        {
            ulong* from = edge + (nint)r * PackedMatrix.PanelWidth;
            ulong* to = c + r * cRowStride;
            for (int j = 0; j < columns; j++)
            {
                to[j] = accumulate ? unchecked(to[j] + from[j]) : from[j];
            }
        }
    }

    private static void PackLeft(ulong* target, ulong* a, nint rowStride, nint columnStride, int rows, int depth)
    {
        for (int i = 0; i < rows; i += TileRows, target += (nint)TileRows * depth)
        {
            int count = Math.Min(TileRows, rows - i);
            ulong* from = a + i * rowStride;
            if (columnStride == 1)
            {
                BlockTranspose.Copy(target, TileRows, from, rowStride, count, depth, add: false);
                continue;
            }

            // Stored transposed: what a tile needs of one column lies together.
            for (int k = 0; k < depth; k++)
            {
                new ReadOnlySpan<ulong>(from + k * columnStride, count).CopyTo(new Span<ulong>(target + (nint)k * TileRows, count));
            }
        }
    }
}
