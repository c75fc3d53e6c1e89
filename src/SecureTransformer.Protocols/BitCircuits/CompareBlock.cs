namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A block of bits of a comparison.</summary>
/// <param name="start">Its lowest bit.</param>
/// <param name="size">Its bits.</param>
/// <param name="code">Its first dealt plane.</param>
/// <param name="node">The wires that take what is picked.</param>
internal readonly struct CompareBlock(int start, int size, int code, CarryNode node)
{
    /// <summary>The most bits of a block: it is dealt as 2^s - 1 bits.</summary>
    public const int MaxBits = 4;

    public int Start { get; } = start;

    public int Size { get; } = size;

    public int Code { get; } = code;

    public int CodePlanes => (1 << Size) - 1;

    public CarryNode Node { get; } = node;
}
