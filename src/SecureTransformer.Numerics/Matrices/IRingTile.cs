namespace SecureTransformer.Numerics;

/// <summary>The innermost kernels, over the 8, 16 or 24 columns of a panel.</summary>
internal unsafe interface IRingTile
{
    static abstract bool IsSupported { get; }

    /// <summary>A tile of at most 8 rows: c (rows x width) = or += a (rows x k) b (k x width).</summary>
    static abstract void Multiply(
        int rows, int width, ulong* a, nint aRowStride, nint aColumnStride, ulong* b, nint bRowStride, nint k, ulong* c, nint cRowStride, bool accumulate);

    /// <summary>c (rows x k) += a (rows x width) times the transpose of b (k x width). Rows of a and b follow one another without gaps.</summary>
    static abstract void MultiplyTransposed(int rows, int width, ulong* a, ulong* b, nint k, ulong* c, nint cRowStride);
}
