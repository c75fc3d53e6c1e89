namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// The public plan of a circuit on bits that two parties share and a third deals for. A wire is opened, masked by bits that the third knows, before a product takes it, once;
/// of the masks' products each is dealt once. A wire that is only summed is never opened.
/// </summary>
/// <remarks>
/// Products of wires with dealt products of their masks: Beaver 1991, here with up to three factors (ABY2.0, Patra, Schneider, Suresh, Yalame, USENIX Security 2021, section 3.1.4). Opening a
/// wire is a bit each way between the two, a dealt product one bit, so a product of two is three bits as in replicated sharing, but a sum of products costs no more than opening it, and nothing
/// where it is only summed on.
/// </remarks>
internal sealed class MaskedCircuit
{
    private readonly Dictionary<(int, int, int), int> _products = [];
    private readonly int[] _maskOf;

    /// <summary>Plans the openings and products of a circuit.</summary>
    /// <param name="wires">The number of wires.</param>
    /// <param name="levels">The gates, level by level.</param>
    /// <param name="results">The wires that are opened at the end: masks and masked values are then a replicated sharing.</param>
    /// <param name="known">Wires that both parties hold masked from the beginning, all by one mask, the last.</param>
    public MaskedCircuit(int wires, IReadOnlyList<MaskedGate[]> levels, int[] results, params int[] known)
    {
        Wires = wires;
        Results = results;
        _maskOf = new int[wires];
        Array.Fill(_maskOf, -1);
        var steps = new List<(int[], MaskedGate[])>();
        foreach (MaskedGate[] gates in levels)
        {
            steps.Add((Open(gates.SelectMany(gate => gate.Terms).SelectMany(term => term)), gates));
        }

        steps.Add((Open(results), []));
        Levels = steps;
        foreach (int wire in known)
        {
            _maskOf[wire] = Opened;
        }

        foreach (int[] term in levels.SelectMany(gates => gates).SelectMany(gate => gate.Terms))
        {
            for (int i = 0; i < term.Length; i++)
            {
                for (int j = i + 1; j < term.Length; j++)
                {
                    _products.TryAdd(Key(term[i], term[j]), _products.Count);
                }
            }

            if (term.Length == 3)
            {
                _products.TryAdd(Key(term[0], term[1], term[2]), _products.Count);
            }
        }

        int[] Open(IEnumerable<int> candidates)
        {
            int[] opened = [.. candidates.Where(wire => !known.Contains(wire) && _maskOf[wire] < 0).Distinct()];
            foreach (int wire in opened)
            {
                _maskOf[wire] = Opened++;
            }

            return opened;
        }
    }

    /// <summary>The number of wires.</summary>
    public int Wires { get; }

    /// <summary>The number of wires that are opened; their masks are numbered in this order, and that of the known wires comes last.</summary>
    public int Opened { get; private set; }

    /// <summary>What is opened before each level, and its gates; the last has no gates and opens the results.</summary>
    public IReadOnlyList<(int[] Opened, MaskedGate[] Gates)> Levels { get; }

    /// <summary>The wires of the results.</summary>
    public int[] Results { get; }

    /// <summary>The number of dealt products.</summary>
    public int ProductCount => _products.Count;

    /// <summary>The masks of each dealt product, in order; the third is -1 in a product of two.</summary>
    public IEnumerable<(int X, int Y, int Z)> Products => _products.OrderBy(product => product.Value).Select(product => product.Key);

    /// <summary>The rounds in which wires are opened.</summary>
    public int Rounds => Levels.Count(level => level.Opened.Length > 0);

    /// <summary>The mask of an opened wire.</summary>
    public int MaskOf(int wire) => _maskOf[wire];

    /// <summary>The dealt product of the masks of two or three wires.</summary>
    public int ProductOf(int x, int y, int z = -1) => _products[Key(x, y, z)];

    private (int, int, int) Key(int x, int y, int z = -1)
    {
        (int a, int b, int c) = (_maskOf[x], _maskOf[y], z < 0 ? int.MaxValue : _maskOf[z]);
        (a, b) = (Math.Min(a, b), Math.Max(a, b));
        (b, c) = (Math.Min(b, c), Math.Max(b, c));
        (a, b) = (Math.Min(a, b), Math.Max(a, b));
        return (a, b, c == int.MaxValue ? -1 : c);
    }
}
