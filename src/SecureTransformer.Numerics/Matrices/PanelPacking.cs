using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>Copies blocks into panels.</summary>
internal static unsafe class PanelPacking
{
    // Source rows in flight at once: their pages stay in the translation cache while all panels pass.
    private const int RowBlock = 64;

    // Rows between the one that is copied and the one that is asked of memory: the lines of a panel's rows are far apart, and no hardware prefetcher sees them come.
    private const int RowsAhead = 16;

    /// <summary>Writes a block, or the sum of two if the second is not nothing.</summary>
    public static void Write(Panels panels, int firstRow, int firstColumn, int blockRows, int blockColumns, PlainMatrix source, PlainMatrix addend)
    {
        if (blockRows == 0 || blockColumns == 0)
        {
            return;
        }

        int lastColumn = firstColumn + blockColumns;
        for (int i0 = 0; i0 < blockRows; i0 += RowBlock)
        {
            int rows = Math.Min(RowBlock, blockRows - i0);
            for (int panel = firstColumn / PackedMatrix.PanelWidth; panel * (long)PackedMatrix.PanelWidth < lastColumn; panel++)
            {
                int panelStart = panel * PackedMatrix.PanelWidth;
                int from = Math.Max(firstColumn, panelStart);
                int to = (int)Math.Min(lastColumn, panelStart + (long)PackedMatrix.PanelWidth);
                int width = panels.Width(panel);
                ulong* target = panels[panel] + (firstRow + (long)i0) * width + (from - panelStart);
                Copy(target, width, source.From(i0, from - firstColumn), addend.From(i0, from - firstColumn), rows, to - from);
            }
        }
    }

    /// <summary>Copies a block, or the sum of two if the second is not nothing, to rows that lie <paramref name="width"/> words apart.</summary>
    public static void Copy(ulong* target, int width, PlainMatrix source, PlainMatrix addend, int rows, int columns)
    {
        if (source.ColumnStride == 1 && (addend.Pointer == null || addend.ColumnStride == 1) && columns == PackedMatrix.PanelWidth)
        {
            CopyPanel(target, width, source, addend, rows);
            return;
        }

        CopyAny(target, width, source, rows, columns, add: false);
        if (addend.Pointer != null)
        {
            CopyAny(target, width, addend, rows, columns, add: true);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPanel(ulong* target, int width, PlainMatrix source, PlainMatrix addend, int rows)
    {
        ulong* x = source.Pointer;
        ulong* y = addend.Pointer;
        for (int i = 0; i < rows; i++, x += source.RowStride, target += width)
        {
            Prefetch(x + RowsAhead * source.RowStride);
            Vector512<ulong> v0 = Vector512.Load(x);
            Vector512<ulong> v1 = Vector512.Load(x + 8);
            Vector512<ulong> v2 = Vector512.Load(x + 16);
            if (y != null)
            {
                Prefetch(y + RowsAhead * addend.RowStride);
                v0 += Vector512.Load(y);
                v1 += Vector512.Load(y + 8);
                v2 += Vector512.Load(y + 16);
                y += addend.RowStride;
            }

            v0.Store(target);
            v1.Store(target + 8);
            v2.Store(target + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(ulong* row)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(row);
            Sse.Prefetch0(row + 8);
            Sse.Prefetch0(row + 16);
            Sse.Prefetch0(row + 23);
        }
    }

    private static void CopyAny(ulong* target, int width, PlainMatrix source, int rows, int columns, bool add)
    {
        if (source.ColumnStride != 1)
        {
            BlockTranspose.Copy(target, width, source.Pointer, source.ColumnStride, columns, rows, add);
            return;
        }

        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<ulong> from = new(source.Pointer + i * source.RowStride, columns);
            Span<ulong> to = new(target + (nint)i * width, columns);
            if (add)
            {
                RingKernels.AddInto(to, from);
            }
            else
            {
                from.CopyTo(to);
            }
        }
    }
}
