namespace SecureTransformer.Gpu.Products;

/// <summary>Where the operands and the product of a request stand on the device, in words, and in which blocks they are computed.</summary>
internal readonly struct ProductLayout
{
    // Of more blocks the device has to be told too often.
    private const int MostBlocks = 16;

    internal ProductLayout(in ProductRequest request, RingTile tile, int computeUnits)
    {
        Tile = tile;
        Inner = Padding.Up(request.Inner, RingTile.InnerMultiple);
        LeftTerm = request.TotalRows * Inner;
        LeftWords = request.Terms * LeftTerm;
        LeftBytes = Padding.Bytes((long)request.Terms * request.TotalRows + tile.Rows, Inner);

        if (request.Packed is { } packed)
        {
            RightStride = packed.Stride;
            RightTerm = request.StoredRows * RightStride;
        }
        else
        {
            RightStride = Padding.Up(request.StoredColumns, RingTile.InnerMultiple);
            RightMatrix = request.StoredRows * RightStride;
            RightTerm = request.Count * RightMatrix;
            RightWords = request.Terms * RightTerm;
            RightBytes = Padding.Bytes((long)request.Terms * request.Count * request.StoredRows + RingTile.Largest, RightStride);
        }

        ResultStride = Padding.Up(request.Columns, tile.Columns);
        ResultMatrix = Padding.Up(request.Rows, tile.Rows) * ResultStride;
        ResultSlice = request.Count * ResultMatrix;
        Slices = tile.Slices(computeUnits, request.Count, request.Rows, request.Terms * Inner, request.Columns);
        if (tile.Step > 0)
        {
            long steps = request.Terms * Inner / tile.Step;
            SliceSteps = (steps + Slices - 1) / Slices;
            Slices = (steps + SliceSteps - 1) / SliceSteps;
        }

        ResultBytes = checked(Slices * ResultSlice * sizeof(ulong));
        StagedBytes = (long)request.TotalRows * request.Columns * sizeof(ulong);

        // Blocks of rows of one matrix, or of whole matrices, each with work for all units twice over: one is computed while others are copied.
        long units = request.Count == 1 ? (request.Rows + tile.Rows - 1L) / tile.Rows : request.Count;
        long groups = Math.Max(1, tile.Groups(request.Count, request.Rows, request.Columns) / units);
        long together = Math.Max(((2L * computeUnits) + groups - 1) / groups, (units + MostBlocks - 1) / MostBlocks);
        BlockRows = (int)Math.Min(together * (request.Count == 1 ? tile.Rows : request.Rows), request.TotalRows);
    }

    internal RingTile Tile { get; }

    /// <summary>Gets the inner dimension, filled up: the stride of the left-hand side.</summary>
    internal long Inner { get; }

    internal long LeftTerm { get; }

    internal long LeftWords { get; }

    internal long LeftBytes { get; }

    internal long RightStride { get; }

    internal long RightMatrix { get; }

    internal long RightTerm { get; }

    internal long RightWords { get; }

    internal long RightBytes { get; }

    internal long ResultStride { get; }

    internal long ResultMatrix { get; }

    /// <summary>Gets the distance between the slices of the product.</summary>
    internal long ResultSlice { get; }

    internal long ResultBytes { get; }

    /// <summary>Gets how many products of a part of the inner dimension are added up.</summary>
    internal long Slices { get; }

    /// <summary>Gets the steps of each slice, the last of which may have fewer.</summary>
    internal long SliceSteps { get; }

    internal long StagedBytes { get; }

    /// <summary>Gets the rows of a block: of one matrix, a multiple of the tile's; of many, whole matrices.</summary>
    internal int BlockRows { get; }
}
