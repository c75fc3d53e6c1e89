namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// The public plan of a comparison: generate and propagate planes of each block of u + v, and the tree of gates that combines them. For a carry, block 0 needs no
/// propagate plane; for an equality (all blocks propagate) only propagate planes are kept.
/// </summary>
internal sealed class CarryCircuit
{
    private readonly bool _carry;

    public CarryCircuit(CarryLayout layout, bool carry)
    {
        Layout = layout;
        _carry = carry;
        Planes = carry ? (2 * layout.Blocks) - 1 : layout.Blocks;
        var levels = new List<PlaneGate[]>();
        int[] nodes = [.. Enumerable.Range(0, layout.Blocks)];
        while (nodes.Length > 1)
        {
            levels.Add([.. Enumerable.Range(0, nodes.Length / 2).SelectMany(pair => Gates(nodes[2 * pair], nodes[(2 * pair) + 1], lowest: pair == 0))]);
            nodes = [.. nodes.Where((_, i) => i % 2 == 1 || i == nodes.Length - 1)];
        }

        Levels = levels;
        Outcome = carry ? Generate(nodes[0]) : Propagate(nodes[0]);
    }

    public CarryLayout Layout { get; }

    /// <summary>The number of planes.</summary>
    public int Planes { get; }

    /// <summary>The levels of gates, one round each.</summary>
    public IReadOnlyList<PlaneGate[]> Levels { get; }

    /// <summary>The plane that holds the result after the last level.</summary>
    public int Outcome { get; }

    /// <summary>The plane of a block's generate; -1 for an equality.</summary>
    public int Generate(int block) => _carry ? block : -1;

    /// <summary>The plane of a block's propagate; -1 for block 0 of a carry.</summary>
    public int Propagate(int block) => !_carry ? block : block == 0 ? -1 : Layout.Blocks + block - 1;

    /// <summary>Takes a node into the one above it: generate = generate_high xor (propagate_high and generate_low), which exclude each other.</summary>
    private IEnumerable<PlaneGate> Gates(int low, int high, bool lowest)
    {
        if (_carry)
        {
            yield return new PlaneGate(Generate(high), true, (Propagate(high), Generate(low)));
        }

        if (!_carry || !lowest)
        {
            yield return new PlaneGate(Propagate(high), false, (Propagate(high), Propagate(low)));
        }
    }
}
