using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// The wires of a <see cref="MaskedCircuit"/> for one group of values, at one of the two parties that evaluate it: a wire is this party's XOR share until it is opened, and then the value masked.
/// </summary>
/// <remarks>
/// With masked values m and masks l, a product of two is m_x m_y ^ m_x l_y ^ m_y l_x ^ l_x l_y: linear in the masks and in their dealt product. The first of the two parties adds what is
/// public to both.
/// </remarks>
internal sealed class MaskedPlanes : IDisposable
{
    private readonly MaskedCircuit _circuit;
    private readonly bool _first;
    private readonly SecretBuffer _wires;
    private readonly SecretBuffer _masks;
    private readonly SecretBuffer _products;

    public MaskedPlanes(SecretBufferPool pool, MaskedCircuit circuit, bool first, int count)
    {
        _circuit = circuit;
        _first = first;
        Count = count;
        Words = (count + 63) / 64;
        _wires = pool.Rent((long)circuit.Wires * Words);
        _masks = pool.Rent((circuit.Opened + 1L) * Words);
        _products = pool.Rent(Math.Max(1, (long)circuit.ProductCount * Words));
    }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>The words of a plane.</summary>
    public int Words { get; }

    /// <summary>This party's masks of all wires that are opened, in order.</summary>
    public Span<ulong> Masks => _masks.Span[..(_circuit.Opened * Words)];

    /// <summary>This party's shares of the dealt products.</summary>
    public Span<ulong> Products => _products.Span[..(_circuit.ProductCount * Words)];

    /// <summary>A wire; empty for -1.</summary>
    public Span<ulong> Wire(int wire) => wire < 0 ? default : _wires.Span.Slice(wire * Words, Words);

    /// <summary>This party's mask of a wire that is opened or known.</summary>
    public Span<ulong> MaskOf(int wire) => _masks.Span.Slice(_circuit.MaskOf(wire) * Words, Words);

    /// <summary>Masks a run of words of this party's shares of wires, and writes them for the other party.</summary>
    public void StartOpening(ReadOnlySpan<int> wires, int start, int count, Span<ulong> frame)
    {
        for (int i = 0; i < wires.Length; i++)
        {
            Span<ulong> wire = Wire(wires[i]).Slice(start, count);
            RingKernels.Xor(wire, MaskOf(wires[i]).Slice(start, count), wire);
            wire.CopyTo(frame[((i * Words) + start)..]);
        }
    }

    /// <summary>Takes in a run of words of what the other party wrote.</summary>
    public void FinishOpening(ReadOnlySpan<int> wires, int start, int count, ReadOnlySpan<ulong> received)
    {
        for (int i = 0; i < wires.Length; i++)
        {
            Span<ulong> wire = Wire(wires[i]).Slice(start, count);
            RingKernels.Xor(wire, received.Slice((i * Words) + start, count), wire);
        }
    }

    /// <summary>Computes a run of words of this party's shares of gates of opened wires.</summary>
    public void Compute(ReadOnlySpan<MaskedGate> gates, int start, int count)
    {
        foreach (MaskedGate gate in gates)
        {
            if (!gate.Onto)
            {
                Wire(gate.Target).Slice(start, count).Clear();
            }

            foreach (int[] term in gate.Terms)
            {
                Add(term, Wire(gate.Target), start, start + count);
            }
        }
    }

    public void Dispose()
    {
        _wires.Dispose();
        _masks.Dispose();
        _products.Dispose();
    }

    /// <summary>target ^= the product of one to three wires, from one word to another.</summary>
    private void Add(int[] term, Span<ulong> target, int start, int end)
    {
        Span<ulong> x = Wire(term[0]);
        Span<ulong> maskX = MaskOf(term[0]);
        if (term.Length == 1)
        {
            Span<ulong> run = target[start..end];
            RingKernels.Xor(run, maskX[start..end], run);
            if (_first)
            {
                RingKernels.Xor(run, x[start..end], run);
            }

            return;
        }

        Span<ulong> y = Wire(term[1]);
        Span<ulong> maskY = MaskOf(term[1]);
        Span<ulong> xy = ProductOf(term[0], term[1]);
        bool three = term.Length == 3;
        Span<ulong> z = three ? Wire(term[2]) : default;
        Span<ulong> maskZ = three ? MaskOf(term[2]) : default;
        Span<ulong> xz = three ? ProductOf(term[0], term[2]) : default;
        Span<ulong> yz = three ? ProductOf(term[1], term[2]) : default;
        Span<ulong> xyz = three ? ProductOf(term[0], term[1], term[2]) : default;
        int i = start;
        for (; i + EightPlaneWords.Count <= end; i += EightPlaneWords.Count)
        {
            if (three)
            {
                AddTriple<EightPlaneWords>(x, y, z, maskX, maskY, maskZ, xy, xz, yz, xyz, _first, target, i);
            }
            else
            {
                AddPair<EightPlaneWords>(x, y, maskX, maskY, xy, _first, target, i);
            }
        }

        for (; i < end; i++)
        {
            if (three)
            {
                AddTriple<PlaneWord>(x, y, z, maskX, maskY, maskZ, xy, xz, yz, xyz, _first, target, i);
            }
            else
            {
                AddPair<PlaneWord>(x, y, maskX, maskY, xy, _first, target, i);
            }
        }
    }

    private Span<ulong> ProductOf(int x, int y, int z = -1) => _products.Span.Slice(_circuit.ProductOf(x, y, z) * Words, Words);

    private static void AddPair<T>(
        ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, ReadOnlySpan<ulong> maskX, ReadOnlySpan<ulong> maskY, ReadOnlySpan<ulong> xy, bool first, Span<ulong> target, int at)
        where T : unmanaged, IPlaneWords<T>
    {
        T both = T.Of(first ? ulong.MaxValue : 0);
        T mx = T.Load(x, at);
        T my = T.Load(y, at);
        T sum = (mx & (T.Load(maskY, at) ^ (my & both))) ^ (my & T.Load(maskX, at)) ^ T.Load(xy, at);
        (T.Load(target, at) ^ sum).Store(target, at);
    }

    private static void AddTriple<T>(
        ReadOnlySpan<ulong> x,
        ReadOnlySpan<ulong> y,
        ReadOnlySpan<ulong> z,
        ReadOnlySpan<ulong> maskX,
        ReadOnlySpan<ulong> maskY,
        ReadOnlySpan<ulong> maskZ,
        ReadOnlySpan<ulong> xy,
        ReadOnlySpan<ulong> xz,
        ReadOnlySpan<ulong> yz,
        ReadOnlySpan<ulong> xyz,
        bool first,
        Span<ulong> target,
        int at)
        where T : unmanaged, IPlaneWords<T>
    {
        T both = T.Of(first ? ulong.MaxValue : 0);
        T mx = T.Load(x, at);
        T my = T.Load(y, at);
        T mz = T.Load(z, at);
        T withX = (my & (T.Load(maskZ, at) ^ (mz & both))) ^ (mz & T.Load(maskY, at)) ^ T.Load(yz, at);
        T withY = (mz & T.Load(maskX, at)) ^ T.Load(xz, at);
        T sum = (mx & withX) ^ (my & withY) ^ (mz & T.Load(xy, at)) ^ T.Load(xyz, at);
        (T.Load(target, at) ^ sum).Store(target, at);
    }
}
