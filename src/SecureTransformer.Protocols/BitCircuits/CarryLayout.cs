namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>How the low bits of a comparison are cut into blocks of at most four, and where each block's planes stand.</summary>
internal readonly struct CarryLayout
{
    /// <summary>Bits of one block: a block of s bits is dealt as 2^s - 1 bits. Four is the best trade where what is dealt is sent ahead of time, or where each block has ten planes.</summary>
    public const int BlockBits = 4;

    public CarryLayout(int bits)
    {
        Bits = bits;
        Blocks = (bits + BlockBits - 1) / BlockBits;
    }

    /// <summary>The number of low bits.</summary>
    public int Bits { get; }

    /// <summary>The number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>The number of planes dealt for all blocks.</summary>
    public int DealtPlanes => ((Blocks - 1) * ((1 << BlockBits) - 1)) + (1 << SizeOf(Blocks - 1)) - 1;

    /// <summary>The bits of a block.</summary>
    public int SizeOf(int block) => Math.Min(BlockBits, Bits - (block * BlockBits));

    /// <summary>The first dealt plane of a block.</summary>
    public static int DealtAt(int block) => block * ((1 << BlockBits) - 1);
}
