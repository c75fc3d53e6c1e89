namespace SecureTransformer.Transport;

/// <summary>A frame on its way: what a link queues.</summary>
internal readonly struct Frame(FrameBlock? block, int length, ushort operation, int clock)
{
    /// <summary>Ends the session; the payload is the reason.</summary>
    internal const ushort AbortOperation = 0xFFFF;

    /// <summary>The last thing an in-memory link carries; never on a wire.</summary>
    internal const ushort CloseOperation = 0xFFFE;

    internal FrameBlock? Block { get; } = block;

    internal int Length { get; } = length;

    internal int Footprint => FramePool.FootprintOf(Length);

    internal ushort Operation { get; } = operation;

    internal int Clock { get; } = clock;

    internal static Frame Close => new(null, 0, CloseOperation, 0);

    internal void Release() => Block?.Return(Length);
}
