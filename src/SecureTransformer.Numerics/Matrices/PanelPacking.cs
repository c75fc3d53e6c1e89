namespace SecureTransformer.Numerics;

/// <summary>Copies blocks into panels.</summary>
internal static unsafe class PanelPacking
{
    // Source rows in flight at once: their pages stay in the translation cache while all panels pass.
    private const int RowBlock = 64;

    /// <summary>Writes block, or block + other if other is not null. Strides of other are per element of the block's rows and columns.</summary>
    public static void Write(
        Panels panels, int firstRow, int firstColumn, MatrixView block, ulong* source, ulong* other, nint otherRowStride, nint otherColumnStride)
    {
        if (block.Rows == 0 || block.Columns == 0)
        {
            return;
        }

        nint rowStride = block.ElementRowStride;
        nint columnStride = block.ElementColumnStride;
        int lastColumn = firstColumn + block.Columns;
        for (int i0 = 0; i0 < block.Rows; i0 += RowBlock)
        {
            int rows = Math.Min(RowBlock, block.Rows - i0);
            for (int panel = firstColumn / PackedMatrix.PanelWidth; panel * (long)PackedMatrix.PanelWidth < lastColumn; panel++)
            {
                int panelStart = panel * PackedMatrix.PanelWidth;
                int from = Math.Max(firstColumn, panelStart);
                int to = (int)Math.Min(lastColumn, panelStart + (long)PackedMatrix.PanelWidth);
                int width = panels.Width(panel);
                ulong* target = panels[panel] + (firstRow + (long)i0) * width + (from - panelStart);
                nint at = i0 * rowStride + (from - firstColumn) * columnStride;
                Copy(target, width, source + at, rowStride, columnStride, rows, to - from);
                if (other != null)
                {
                    nint otherAt = i0 * otherRowStride + (from - firstColumn) * otherColumnStride;
                    AddTo(target, width, other + otherAt, otherRowStride, otherColumnStride, rows, to - from);
                }
            }
        }
    }

    private static void Copy(ulong* target, int width, ulong* source, nint rowStride, nint columnStride, int rows, int columns)
    {
        if (columnStride == 1)
        {
            for (int i = 0; i < rows; i++)
            {
                new ReadOnlySpan<ulong>(source + i * rowStride, columns).CopyTo(new Span<ulong>(target + (nint)i * width, columns));
            }

            return;
        }

        BlockTranspose.Copy(target, width, source, columnStride, columns, rows, add: false);
    }

    private static void AddTo(ulong* target, int width, ulong* source, nint rowStride, nint columnStride, int rows, int columns)
    {
        if (columnStride == 1)
        {
            for (int i = 0; i < rows; i++)
            {
                RingKernels.AddInto(new Span<ulong>(target + (nint)i * width, columns), new ReadOnlySpan<ulong>(source + i * rowStride, columns));
            }

            return;
        }

        BlockTranspose.Copy(target, width, source, columnStride, columns, rows, add: true);
    }
}
