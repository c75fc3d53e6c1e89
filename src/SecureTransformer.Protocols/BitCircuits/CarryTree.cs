namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// The cheapest tree of so many levels that combines runs of blocks, two or three at a time: generate is g_high xor p_high g_low, propagate and zero are products. Bits of a pair and
/// of a triple, a bit each way for each wire opened and one for each product of masks, stand in <see cref="s_costs"/>: g_high is only summed, so it is not opened.
/// </summary>
internal sealed class CarryTree
{
    /// <summary>The most blocks of one tree.</summary>
    public const int MaxBlocks = 32;

    /// <summary>The most levels that are tried: enough for <see cref="MaxBlocks"/> in pairs.</summary>
    public const int MaxLevels = 5;

    /// <summary>The cost, or less, of what needs more levels.</summary>
    public const int Impossible = 1 << 20;

    private static readonly (int Pair, int Triple)[] s_costs = [(5, 13), (8, 18), (13, 28), (5, 10)];

    private static readonly (int Cost, int Low, int Middle)[,,] s_plans = Plan();

    private readonly List<MaskedGate>[] _levels;
    private int _wires;

    /// <summary>Begins trees side by side, all on the same levels.</summary>
    /// <param name="wires">The number of wires there are.</param>
    /// <param name="levels">The levels.</param>
    public CarryTree(int wires, int levels)
    {
        _wires = wires;
        _levels = [.. Enumerable.Range(0, levels).Select(_ => new List<MaskedGate>())];
    }

    /// <summary>What a tree computes.</summary>
    public enum Kind
    {
        /// <summary>Generate, of a run that begins at the lowest block.</summary>
        Carry,

        /// <summary>Generate and propagate.</summary>
        CarryBoth,

        /// <summary>Generate, propagate and zero.</summary>
        CarryAndZero,

        /// <summary>Propagate.</summary>
        Propagate,
    }

    /// <summary>The number of wires.</summary>
    public int Wires => _wires;

    /// <summary>The gates by levels.</summary>
    public IReadOnlyList<MaskedGate[]> Levels => [.. _levels.Select(gates => gates.ToArray())];

    /// <summary>The bits that a tree costs, openings of its inputs included, those of its root not; <see cref="Impossible"/> or more where so many blocks need more levels.</summary>
    public static int Cost(Kind kind, int blocks, int levels) => s_plans[(int)kind, levels, blocks].Cost;

    /// <summary>Adds the gates that combine blocks, lowest first.</summary>
    public CarryNode Combine(Kind kind, ReadOnlySpan<CarryNode> blocks) => Combine(kind, blocks, _levels.Length);

    private static Kind Upper(Kind kind) => kind == Kind.Carry ? Kind.CarryBoth : kind;

    /// <summary>By kind, levels and blocks: the least cost, and how many blocks the lowest part and, in a triple, the middle part has; all in the lowest means to wait.</summary>
    private static (int, int, int)[,,] Plan()
    {
        var plans = new (int Cost, int Low, int Middle)[s_costs.Length, MaxLevels + 1, MaxBlocks + 1];
        for (int level = 0; level <= MaxLevels; level++)
        {
            // The upper parts of a carry are of the next kind, so that comes first.
            foreach (Kind kind in (Kind[])[Kind.CarryBoth, Kind.Carry, Kind.CarryAndZero, Kind.Propagate])
            {
                (int pair, int triple) = s_costs[(int)kind];
                for (int blocks = 1; blocks <= MaxBlocks; blocks++)
                {
                    (int Cost, int Low, int Middle) best = (level == 0 ? blocks == 1 ? 0 : Impossible : plans[(int)kind, level - 1, blocks].Cost, blocks, 0);
                    for (int low = 1; level > 0 && low < blocks; low++)
                    {
                        int lowest = plans[(int)kind, level - 1, low].Cost;
                        Try(lowest + High(blocks - low) + pair, low, 0);
                        for (int middle = 1; middle < blocks - low; middle++)
                        {
                            Try(lowest + High(middle) + High(blocks - low - middle) + triple, low, middle);
                        }
                    }

                    plans[(int)kind, level, blocks] = best;

                    int High(int count) => Math.Min(Impossible, plans[(int)Upper(kind), level - 1, count].Cost);

                    void Try(int cost, int low, int middle)
                    {
                        if (cost < best.Cost)
                        {
                            best = (cost, low, middle);
                        }
                    }
                }
            }
        }

        return plans;
    }

    private CarryNode Combine(Kind kind, ReadOnlySpan<CarryNode> blocks, int level)
    {
        if (blocks.Length == 1)
        {
            return blocks[0];
        }

        (_, int low, int middle) = s_plans[(int)kind, level, blocks.Length];
        if (low == blocks.Length)
        {
            return Combine(kind, blocks, level - 1);
        }

        CarryNode lowest = Combine(kind, blocks[..low], level - 1);
        CarryNode highest = Combine(Upper(kind), blocks[(low + middle)..], level - 1);
        CarryNode? between = middle == 0 ? null : Combine(Upper(kind), blocks.Slice(low, middle), level - 1);
        List<MaskedGate> gates = _levels[level - 1];
        if (kind != Kind.Propagate)
        {
            gates.Add(between is { } m
                ? new MaskedGate(highest.Generate, true, [highest.Propagate, m.Generate], [highest.Propagate, m.Propagate, lowest.Generate])
                : new MaskedGate(highest.Generate, true, [highest.Propagate, lowest.Generate]));
        }

        return new CarryNode(
            highest.Generate,
            kind == Kind.Carry ? -1 : Product(node => node.Propagate),
            kind == Kind.CarryAndZero ? Product(node => node.Zero) : -1);

        int Product(Func<CarryNode, int> wire)
        {
            int product = _wires++;
            gates.Add(new MaskedGate(product, false, between is { } m ? [wire(highest), wire(m), wire(lowest)] : [wire(highest), wire(lowest)]));
            return product;
        }
    }
}
