namespace SecureTransformer.Gpu.Products;

/// <summary>How far matrices are filled up on a device, so that kernels need no bounds checks.</summary>
internal static class Padding
{
    internal static long Up(long value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>The length of so many rows, and one tile's width after the last: a tile that begins in it goes on beyond.</summary>
    internal static long Bytes(long rows, long stride) => checked((rows * stride + RingTile.Largest) * sizeof(ulong));
}
