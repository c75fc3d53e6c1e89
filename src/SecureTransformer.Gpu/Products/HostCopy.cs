using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>Copies of matrices of the host into memory that a device reads.</summary>
internal static unsafe class HostCopy
{
    private const int Block = 32;

    /// <summary>target[i, j] = source[firstRow + i, j].</summary>
    internal static void Rows(MatrixView source, int firstRow, int rows, ulong* target, long targetStride)
    {
        if (!source.IsTransposed)
        {
            for (int i = 0; i < rows; i++)
            {
                source.Values.Slice((int)((firstRow + (long)i) * source.RowStride), source.Columns).CopyTo(new Span<ulong>(target + i * targetStride, source.Columns));
            }

            return;
        }

        fixed (ulong* values = source.Values)
        {
            // Blocks that stay in the first-level cache.
            for (int i0 = 0; i0 < rows; i0 += Block)
            {
                for (int j = 0; j < source.Columns; j++)
                {
                    ulong* from = values + (nint)j * source.RowStride + firstRow;
                    for (int i = i0; i < Math.Min(rows, i0 + Block); i++)
                    {
                        target[i * targetStride + j] = from[i];
                    }
                }
            }
        }
    }
}
