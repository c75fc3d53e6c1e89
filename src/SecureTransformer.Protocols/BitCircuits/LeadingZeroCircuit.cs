using System.Numerics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>
/// The public plan of leading zeros: which bit planes there are, and the gates that lead from picked bits to which block of four leads and where in it the
/// highest bit stands.
/// </summary>
/// <remarks>
/// <para>The value, shifted up to whole blocks, is u + v; blocks count from the lowest. Carries into the blocks are prefixes of (generate, propagate). Beside them, suffixes
/// tell for both carries into block b whether this block and all above are zero: with Z_b(0), Z_b(1) for the carry 0 and 1,
/// Z_b(0) = [u = v = 0] Z_{b+1}(0) + [u + v = 16] Z_{b+1}(1) and Z_b(1) = [u + v = 15] Z_{b+1}(1). Both are Sklansky trees (1960) and take the same rounds.</para>
/// <para>A level more chooses by the carry, and one more takes the inner product of 'this block leads' with what the blocks say of their bits.</para>
/// </remarks>
internal sealed class LeadingZeroCircuit
{
    /// <summary>Bits that say where in its block the highest bit stands: at 1 or above, 2 or above, 3.</summary>
    public const int Within = CarryLayout.BlockBits - 1;

    private const int None = -1;

    private readonly int _lowest;
    private readonly int _tail;
    private readonly int[] _generate;
    private readonly int[] _propagate;
    private readonly int[] _both;
    private readonly int[] _zero;
    private readonly int[] _carriedZero;
    private readonly int[] _atLeast;
    private readonly int[] _change;
    private readonly int[] _leads;
    private readonly int _within;

    public LeadingZeroCircuit(int first, int width, bool mayBeZero)
    {
        Layout = new CarryLayout((width + CarryLayout.BlockBits - 1) / CarryLayout.BlockBits * CarryLayout.BlockBits);
        Shift = Layout.Bits - width;
        _lowest = (first + Shift) / CarryLayout.BlockBits;
        _tail = mayBeZero ? _lowest : _lowest + 1;
        int top = Blocks - 1;
        int next = 0;
        _generate = Number(0, top);
        _propagate = Number(1, top);
        _both = Number(_tail, top);
        _zero = Number(_tail, Blocks);
        _carriedZero = Number(Math.Max(Math.Max(_tail, 1), top), Blocks);
        _atLeast = Number(_lowest, Blocks, Within);
        _change = Number(Math.Max(_lowest, 1), Blocks, Within);
        Reshared = next;
        for (int b = Math.Max(_tail, 1); b < top; b++)
        {
            _carriedZero[b] = next++;
        }

        _leads = Number(_lowest, Blocks);
        _within = next;
        Planes = next + Within;
        Bits = [.. _zero.Where(p => p != None), .. Enumerable.Range(_within, Within)];
        Levels = [.. PrefixLevels(), Choices(), Positions()];
        Levels = [.. Levels.Where(gates => gates.Length > 0)];

        int[] Number(int from, int end, int each = 1)
        {
            var planes = new int[Blocks];
            Array.Fill(planes, None);
            for (int b = from; b < end; b++)
            {
                planes[b] = next;
                next += each;
            }

            return planes;
        }
    }

    /// <summary>The blocks of the value times 2^Shift, all whole.</summary>
    public CarryLayout Layout { get; }

    /// <summary>By how many bits the value is shifted up, so that its leading zeros count from a block's top.</summary>
    public int Shift { get; }

    public int Blocks => Layout.Blocks;

    /// <summary>The number of planes that parties 1 and 2 pick and reshare; they come first.</summary>
    public int Reshared { get; }

    /// <summary>The number of all planes.</summary>
    public int Planes { get; }

    /// <summary>The levels of gates, one round each. Before each, local steps are due: <see cref="Prepare"/>.</summary>
    public IReadOnlyList<PlaneGate[]> Levels { get; }

    /// <summary>
    /// The planes of the result: for blocks from the lowest that is in doubt, whether it and all above are zero; then whether the highest bit stands in its block
    /// at 1 or above, 2 or above, 3.
    /// </summary>
    public IReadOnlyList<int> Bits { get; }

    /// <summary>Where a block's picked bits go: planes in the order of <see cref="LeadingDigit"/>, -1 for those not needed.</summary>
    private int[] PickedPlanes(int block)
    {
        var planes = new int[LeadingDigit.Planes];
        planes[LeadingDigit.Generate] = _generate[block];
        planes[LeadingDigit.Propagate] = _propagate[block] != None ? _propagate[block] : _carriedZero[block];
        planes[LeadingDigit.Both] = _both[block];
        planes[LeadingDigit.Sixteen] = _zero[block];
        for (int k = 0; k < Within; k++)
        {
            planes[LeadingDigit.AtLeast + k] = _atLeast[block] == None ? None : _atLeast[block] + k;
            planes[LeadingDigit.Change + k] = _change[block] == None ? None : _change[block] + k;
        }

        return planes;
    }

    /// <summary>What each result bit adds to a table's value, and the value where all are 0.</summary>
    public (long Constant, long[] Factors) Linear(LeadingZeroTable table)
    {
        var factors = new long[Bits.Count];
        int blocks = Bits.Count - Within;
        if (!table.IsOfQuotient)
        {
            for (int k = 1; k <= Within; k++)
            {
                factors[blocks + k - 1] = table.At(Within - k) - table.At(Within - k + 1);
            }

            return (table.At(Within), factors);
        }

        // Block b leads when it is the highest that is not zero; its quotient is top - b.
        for (int i = 0; i < blocks; i++)
        {
            int quotient = blocks - 1 - i;
            long below = i == 0 && _tail == _lowest ? 0 : table.At(quotient + 1);
            factors[i] = unchecked(below - table.At(quotient));
        }

        return (table.At(0), factors);
    }

    /// <summary>Puts the picked bits of a block, in the order of <see cref="LeadingDigit"/>, in their planes. They are overwritten.</summary>
    public void Put(SharedPlanes planes, int component, int block, Span<ulong> picked)
    {
        int words = planes.Words;
        if (block == Blocks - 1)
        {
            // Above the top block nothing tells the two ways to be zero apart.
            Span<ulong> sixteen = picked.Slice(LeadingDigit.Sixteen * words, words);
            Numerics.RingKernels.Xor(picked.Slice(LeadingDigit.Both * words, words), sixteen, sixteen);
        }

        int[] targets = PickedPlanes(block);
        for (int p = 0; p < targets.Length; p++)
        {
            if (targets[p] >= 0)
            {
                picked.Slice(p * words, words).CopyTo(planes.Of(component, targets[p]));
            }
        }
    }

    /// <summary>Local: what is due before a level.</summary>
    /// <param name="level">The level's number.</param>
    /// <param name="planes">The planes.</param>
    /// <param name="constant">The component to which this party adds public constants, or -1.</param>
    public void Prepare(int level, SharedPlanes planes, int constant)
    {
        if (level == 0)
        {
            BeforeLevels(planes);
        }

        if (level == Levels.Count - 2)
        {
            BeforeChoices(planes);
        }
        else if (level == Levels.Count - 1)
        {
            BeforePositions(planes, constant);
        }
    }

    /// <summary>Local: the suffix trees' copies of the propagate planes.</summary>
    private void BeforeLevels(SharedPlanes planes)
    {
        for (int b = Math.Max(_tail, 1); b < Blocks - 1; b++)
        {
            planes.Put(_propagate[b], _carriedZero[b], onto: false);
        }
    }

    /// <summary>Local: what the carry into a block changes.</summary>
    private void BeforeChoices(SharedPlanes planes)
    {
        for (int b = Math.Max(_tail, 1); b < Blocks; b++)
        {
            planes.Put(_zero[b], _carriedZero[b], onto: true);
        }
    }

    /// <summary>Local: block b leads when all above it are zero and it is not.</summary>
    private void BeforePositions(SharedPlanes planes, int constant)
    {
        for (int b = _lowest; b < Blocks; b++)
        {
            if (b >= _tail)
            {
                planes.Put(_zero[b], _leads[b], onto: false);
            }
            else
            {
                planes.Clear(_leads[b]);
            }

            if (b + 1 < Blocks)
            {
                planes.Put(_zero[b + 1], _leads[b], onto: true);
            }
            else if (constant >= 0)
            {
                Span<ulong> leads = planes.Of(constant, _leads[b]);
                Numerics.RingKernels.Not<ulong>(leads, leads);
            }
        }
    }

    /// <summary>Level by level: node j with bit d set takes in the node that ends just below its run of 2^d; it is whole when its run begins at 0.</summary>
    private IEnumerable<PlaneGate[]> PrefixLevels()
    {
        int carries = Blocks - 1;
        int suffixes = Blocks - _tail;
        for (int d = 0; 1 << d < Math.Max(carries, suffixes); d++)
        {
            var gates = new List<PlaneGate>();
            for (int j = 0; j < Math.Max(carries, suffixes); j++)
            {
                if ((j >> d & 1) == 0)
                {
                    continue;
                }

                int i = (j >> d << d) - 1;
                bool whole = j < 2 << d;
                if (j < carries)
                {
                    gates.Add(new PlaneGate(_generate[j], true, (_propagate[j], _generate[i])));
                    if (!whole)
                    {
                        gates.Add(new PlaneGate(_propagate[j], false, (_propagate[j], _propagate[i])));
                    }
                }

                if (j < suffixes)
                {
                    (int low, int high) = (Blocks - 1 - j, Blocks - 1 - i);
                    gates.Add(new PlaneGate(_zero[low], false, (_both[low], _zero[high]), (_zero[low], _carriedZero[high])));
                    if (low > 0)
                    {
                        gates.Add(new PlaneGate(_carriedZero[low], false, (_carriedZero[low], _carriedZero[high])));
                    }

                    if (!whole)
                    {
                        gates.Add(new PlaneGate(_both[low], false, (_both[low], _both[high])));
                    }
                }
            }

            yield return [.. gates];
        }
    }

    private PlaneGate[] Choices()
    {
        var gates = new List<PlaneGate>();
        for (int b = 1; b < Blocks; b++)
        {
            if (b >= _tail)
            {
                gates.Add(new PlaneGate(_zero[b], true, (_generate[b - 1], _carriedZero[b])));
            }

            for (int k = 0; b >= _lowest && k < Within; k++)
            {
                gates.Add(new PlaneGate(_atLeast[b] + k, true, (_generate[b - 1], _change[b] + k)));
            }
        }

        return [.. gates];
    }

    private PlaneGate[] Positions() =>
    [
        .. Enumerable.Range(0, Within).Select(k => new PlaneGate(
            _within + k, false, [.. Enumerable.Range(_lowest, Blocks - _lowest).Select(b => (_leads[b], _atLeast[b] + k))]))
    ];
}
