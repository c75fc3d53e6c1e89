namespace SecureTransformer.Numerics;

/// <summary>The innermost kernel: a tile of at most 8 rows and the 8, 16 or 24 columns of a panel.</summary>
internal unsafe interface IRingTile
{
    static abstract bool IsSupported { get; }

    /// <summary>c (rows x width) = or += a (rows x k) b (k x width).</summary>
    static abstract void Multiply(
        int rows, int width, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate);
}
