namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// The public plan of a comparison of u + v, where one party knows u and deals and the two others know v: blocks of bits, whose unary codes are dealt and which generate, propagate
/// or are zero, and the circuit on what is picked of them. The numbers of blocks and levels are those of the fewest bits, a level more only where it saves more than a twelfth.
/// </summary>
internal sealed class CompareCircuit
{
    private const int LevelSaving = 12;

    private CompareCircuit(int shift, ulong addend, List<CompareBlock> blocks, int topBit, int firstHigh, int top, int notTop, MaskedCircuit gates)
    {
        Shift = shift;
        Addend = addend;
        Blocks = blocks;
        TopBit = topBit;
        FirstHigh = firstHigh;
        Top = top;
        NotTop = notTop;
        Gates = gates;
    }

    /// <summary>How many low bits of u and of v are left out.</summary>
    public int Shift { get; }

    /// <summary>What is added to v first.</summary>
    public ulong Addend { get; }

    /// <summary>The blocks, lowest first.</summary>
    public IReadOnlyList<CompareBlock> Blocks { get; }

    /// <summary>The bit above the blocks, of the shifted u and v, that counts as it is; -1 where there is none.</summary>
    public int TopBit { get; }

    /// <summary>The lowest of the bits of which it matters whether they are zero.</summary>
    public int FirstHigh { get; }

    /// <summary>The wire of the top bits' XOR: known, with u's top bit as its mask; -1 where there is none.</summary>
    public int Top { get; }

    /// <summary>The wire of its complement, XOR whether the bits of v from <see cref="FirstHigh"/> to below the top are not all zero; -1 where it is not needed.</summary>
    public int NotTop { get; }

    /// <summary>The circuit on picked bits.</summary>
    public MaskedCircuit Gates { get; }

    /// <summary>The bits of u and v that are read, after the shift.</summary>
    public int Bits => TopBit >= 0 ? TopBit + 1 : Blocks[^1].Start + Blocks[^1].Size;

    /// <summary>The dealt planes of the codes and, last, of the top bit.</summary>
    public int CodePlanes => Blocks[^1].Code + Blocks[^1].CodePlanes + (TopBit >= 0 ? 1 : 0);

    /// <summary>All dealt planes: those, and products of masks.</summary>
    public int DealtPlanes => CodePlanes + Gates.ProductCount;

    /// <summary>The bits of one comparison over all parties: what is dealt goes to one party, what is opened both ways between two.</summary>
    public int TotalBits => DealtPlanes + (2 * Gates.Opened);

    /// <summary>The rounds.</summary>
    public int Rounds => 1 + Gates.Rounds;

    /// <summary>
    /// The sign of x = u + v, known to so many bits. With s low bits left out, u + v + 2^(s-1) loses them and their carry, so that the sign may be wrong for x in
    /// [-2^(s-1), 2^(s-1)), and x must lie in [-2^(width-1) + 2^(s-1), 2^(width-1) - 2^(s-1)).
    /// </summary>
    public static CompareCircuit Sign(int width, int slackBits = 0)
    {
        int bits = width - slackBits - 1;

        // At most the levels of blocks of four in pairs.
        int most = System.Numerics.BitOperations.Log2((uint)((2 * ((bits + 3) / 4)) - 1));
        (int levels, int count) = Choose(bits, most, (blocks, levels) => CarryTree.Cost(CarryTree.Kind.Carry, blocks, levels) + Codes(bits, blocks));
        var blocks = new List<CompareBlock>();
        int wires = AddBlocks(blocks, 0, bits, count, 0, CarryTree.Kind.Carry);
        int top = wires++;
        var tree = new CarryTree(wires, levels);
        CarryNode root = tree.Combine(CarryTree.Kind.Carry, [.. blocks.Select(block => block.Node)]);
        MaskedGate[] last = [new MaskedGate(root.Generate, true, [top])];
        return new CompareCircuit(slackBits, HalfOf(slackBits), blocks, bits, bits, top, -1, new MaskedCircuit(tree.Wires, [.. tree.Levels, last], [root.Generate], top));
    }

    /// <summary>Whether u + v is zero modulo 2^width: all blocks of u + (v - 1) propagate.</summary>
    public static CompareCircuit Equality(int width)
    {
        (int levels, int count) = Choose(width, CarryTree.MaxLevels, (blocks, levels) => CarryTree.Cost(CarryTree.Kind.Propagate, blocks, levels) + Codes(width, blocks));
        var blocks = new List<CompareBlock>();
        int wires = AddBlocks(blocks, 0, width, count, 0, CarryTree.Kind.Propagate);
        var tree = new CarryTree(wires, levels);
        CarryNode root = tree.Combine(CarryTree.Kind.Propagate, [.. blocks.Select(block => block.Node)]);
        return new CompareCircuit(0, ulong.MaxValue, blocks, -1, width, -1, -1, new MaskedCircuit(tree.Wires, tree.Levels, [root.Propagate]));
    }

    /// <summary>
    /// Whether x = u + v lies in [-2^(windowBits-1), 2^(windowBits-1)), and whether it lies below. With y = x + 2^(windowBits-1) and c the carry out of the low windowBits bits,
    /// y is below zero when its top bit is set, and inside when all bits from windowBits up are zero: without a carry when u = -v there, with one when all of them propagate.
    /// With s low bits left out the ends of the window move by up to 2^(s-1), as in a sign.
    /// </summary>
    public static CompareCircuit Window(int windowBits, int width, int slackBits = 0)
    {
        ulong addend = (1UL << (windowBits - 1)) + HalfOf(slackBits);
        width -= slackBits;
        windowBits -= slackBits;
        int high = width - 1 - windowBits;
        (int levels, int highCount) = Choose(high, CarryTree.MaxLevels, (blocks, levels) => Low(levels).Cost + CarryTree.Cost(CarryTree.Kind.CarryAndZero, blocks, levels) + Codes(high, blocks));
        int lowCount = Low(levels).Blocks;
        var blocks = new List<CompareBlock>();
        int wires = AddBlocks(blocks, 0, windowBits, lowCount, 0, CarryTree.Kind.Carry);
        wires = AddBlocks(blocks, windowBits, high, highCount, wires, CarryTree.Kind.CarryAndZero);
        (int top, int notTop) = (wires++, wires++);
        var tree = new CarryTree(wires, levels);
        CarryNode[] nodes = [.. blocks.Select(block => block.Node)];
        int carry = tree.Combine(CarryTree.Kind.Carry, nodes.AsSpan(0, lowCount)).Generate;
        CarryNode root = tree.Combine(CarryTree.Kind.CarryAndZero, nodes.AsSpan(lowCount));
        int inside = tree.Wires;
        MaskedGate[] last =
        [
            new MaskedGate(inside, false, [root.Zero, notTop], [carry, root.Zero, notTop], [carry, root.Propagate, top]),
            new MaskedGate(root.Generate, true, [root.Propagate, carry], [top]),
        ];
        var gates = new MaskedCircuit(inside + 1, [.. tree.Levels, last], [inside, root.Generate], top, notTop);
        return new CompareCircuit(slackBits, addend, blocks, width - 1, windowBits, top, notTop, gates);

        (int Cost, int Blocks) Low(int levels) => Counts(windowBits)
            .Select(count => (Cost: CarryTree.Cost(CarryTree.Kind.Carry, count, levels) + Codes(windowBits, count), Blocks: count)).MinBy(choice => choice.Cost);
    }

    /// <summary>Half of what the bits left out count.</summary>
    private static ulong HalfOf(int slackBits) => slackBits == 0 ? 0 : 1UL << (slackBits - 1);

    /// <summary>The number of levels and of blocks.</summary>
    private static (int Levels, int Blocks) Choose(int bits, int most, Func<int, int, int> cost)
    {
        (int Cost, int Blocks)[] choices =
        [
            .. Enumerable.Range(0, most + 1).Select(levels => Counts(bits).Select(blocks => (Cost: cost(blocks, levels), Blocks: blocks)).MinBy(choice => choice.Cost))
        ];
        int chosen = Array.FindIndex(choices, choice => choice.Cost < CarryTree.Impossible);
        while (chosen < most && (choices[chosen].Cost - choices[chosen + 1].Cost) * LevelSaving > choices[chosen].Cost)
        {
            chosen++;
        }

        return (chosen, choices[chosen].Blocks);
    }

    /// <summary>The numbers of blocks that so many bits may be cut into.</summary>
    private static IEnumerable<int> Counts(int bits)
    {
        int least = (bits + CompareBlock.MaxBits - 1) / CompareBlock.MaxBits;
        return Enumerable.Range(least, Math.Min(bits, CarryTree.MaxBlocks) - least + 1);
    }

    /// <summary>The planes of the codes of bits cut into blocks as even as possible.</summary>
    private static int Codes(int bits, int blocks)
    {
        int size = Math.DivRem(bits, blocks, out int larger);
        return (larger * ((2 << size) - 1)) + ((blocks - larger) * ((1 << size) - 1));
    }

    /// <summary>Adds so many blocks and numbers the wires that they need from the next on; the number of wires then.</summary>
    private static int AddBlocks(List<CompareBlock> blocks, int start, int bits, int count, int wires, CarryTree.Kind kind)
    {
        int code = blocks.Count == 0 ? 0 : blocks[^1].Code + blocks[^1].CodePlanes;
        int size = Math.DivRem(bits, count, out int larger);
        for (int b = 0; b < count; b++)
        {
            var node = new CarryNode(
                kind == CarryTree.Kind.Propagate ? -1 : wires++,
                kind == CarryTree.Kind.Carry && b == 0 ? -1 : wires++,
                kind == CarryTree.Kind.CarryAndZero ? wires++ : -1);
            var block = new CompareBlock(start, b < larger ? size + 1 : size, code, node);
            blocks.Add(block);
            start += block.Size;
            code += block.CodePlanes;
        }

        return wires;
    }
}
