using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// The generate and propagate planes of one group of values in replicated XOR shares, and the tree that combines them.
/// For a carry, block 0 needs no propagate plane; for an equality only propagate planes are kept.
/// </summary>
internal sealed class BlockPlanes : IDisposable
{
    private readonly SecretBuffer[] _components;

    /// <summary>Which block each node of the current level stands in, lowest first.</summary>
    private readonly int[] _slots;

    /// <summary>This party's masked shares of the current level's gates, kept until the next party's come.</summary>
    private readonly SecretBuffer _level;

    public BlockPlanes(SecretBufferPool pool, CarryLayout layout, bool carry, int count)
    {
        Layout = layout;
        Carry = carry;
        Count = count;
        Blocks = layout.Blocks;
        PlaneWords = (count + 63) / 64;
        _components = [pool.Rent(ResharedWords), pool.Rent(ResharedWords)];
        _level = pool.Rent(Math.Max(LevelWords, 0));
        _slots = [.. Enumerable.Range(0, Blocks)];
    }

    public CarryLayout Layout { get; }

    /// <summary>Whether a carry is computed, else whether all blocks propagate.</summary>
    public bool Carry { get; }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>The number of nodes left on the current level.</summary>
    public int Blocks { get; private set; }

    public int PlaneWords { get; }

    /// <summary>The words that party 0 deals: the codes of all blocks and, for a carry, the top bit.</summary>
    public int DealtWords => (Layout.DealtPlanes + (Carry ? 1 : 0)) * PlaneWords;

    /// <summary>The words that parties 1 and 2 reshare.</summary>
    public int ResharedWords => (Carry ? (2 * Layout.Blocks) - 1 : Layout.Blocks) * PlaneWords;

    /// <summary>The words of the AND gates of the current level.</summary>
    public int LevelWords => (Carry ? (2 * (Blocks / 2)) - 1 : Blocks / 2) * PlaneWords;

    public Span<ulong> Reshared(int component) => _components[component].Span[..ResharedWords];

    /// <summary>The generate plane of a block within a component; empty for an equality.</summary>
    public Span<ulong> GenerateIn(Span<ulong> component, int block) => Carry ? component.Slice(block * PlaneWords, PlaneWords) : default;

    /// <summary>The propagate plane of a block within a component; empty for block 0 of a carry.</summary>
    public Span<ulong> PropagateIn(Span<ulong> component, int block)
    {
        int plane = Carry ? Layout.Blocks + block - 1 : block;
        return Carry && block == 0 ? default : component.Slice(plane * PlaneWords, PlaneWords);
    }

    /// <summary>The plane that is left at the root.</summary>
    public ReadOnlySpan<ulong> Outcome(int component) => Reshared(component)[..PlaneWords];

    public delegate void Mask(Span<ulong> words);

    public delegate void And(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> z);

    /// <summary>
    /// Computes this party's masked share of each gate of the level: for a pair (high, low), propagate_high AND generate_low and, but for the lowest pair,
    /// propagate_high AND propagate_low.
    /// </summary>
    public void StartLevel(Span<ulong> frame, Mask mask, And and)
    {
        Span<ulong> gates = _level.Span[..LevelWords];
        int at = 0;
        for (int pair = 0; pair < Blocks / 2; pair++)
        {
            int low = _slots[2 * pair];
            int high = _slots[(2 * pair) + 1];
            if (Carry)
            {
                Gate(high, GenerateIn(Reshared(0), low), GenerateIn(Reshared(1), low), gates);
            }

            if (!Carry || pair > 0)
            {
                Gate(high, PropagateIn(Reshared(0), low), PropagateIn(Reshared(1), low), gates);
            }
        }

        mask(gates);
        gates.CopyTo(frame);

        void Gate(int high, Span<ulong> low0, Span<ulong> low1, Span<ulong> target)
        {
            and(PropagateIn(Reshared(0), high), PropagateIn(Reshared(1), high), low0, low1, target.Slice(at, PlaneWords));
            at += PlaneWords;
        }
    }

    /// <summary>Puts the level's results in place, from the own masked shares and those received.</summary>
    public void FinishLevel(ReadOnlySpan<ulong> received)
    {
        ReadOnlySpan<ulong> own = _level.Span;
        int at = 0;
        for (int pair = 0; pair < Blocks / 2; pair++)
        {
            int low = _slots[2 * pair];
            int high = _slots[(2 * pair) + 1];
            for (int c = 0; c < 2; c++)
            {
                ReadOnlySpan<ulong> source = c == 0 ? own : received;
                int next = at;
                if (Carry)
                {
                    // generate = generate_high xor (propagate_high and generate_low): the two exclude each other.
                    Span<ulong> target = GenerateIn(Reshared(c), low);
                    RingKernels.Xor(GenerateIn(Reshared(c), high), source.Slice(next, PlaneWords), target);
                    next += PlaneWords;
                }

                if (!Carry || pair > 0)
                {
                    source.Slice(next, PlaneWords).CopyTo(PropagateIn(Reshared(c), low));
                }
            }

            at += ((Carry ? 1 : 0) + (!Carry || pair > 0 ? 1 : 0)) * PlaneWords;
            _slots[pair] = low;
        }

        if (Blocks % 2 == 1)
        {
            _slots[Blocks / 2] = _slots[Blocks - 1];
        }

        Blocks = (Blocks + 1) / 2;
    }

    public void Dispose()
    {
        _level.Dispose();
        foreach (SecretBuffer component in _components)
        {
            component.Dispose();
        }
    }
}
