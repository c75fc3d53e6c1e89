using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Numbered bit planes of one group of values in XOR shares of one or two components, and levels of gates on them.</summary>
internal sealed class SharedPlanes : IDisposable
{
    private readonly SecretBuffer[] _components;

    /// <summary>This party's shares of the current level's gates, kept until they are placed.</summary>
    private readonly SecretBuffer _level;

    public SharedPlanes(SecretBufferPool pool, int components, int count, int planes, int gates)
    {
        Count = count;
        Words = (count + 63) / 64;
        _components = [.. Enumerable.Range(0, components).Select(_ => pool.Rent(planes * Words))];
        _level = pool.Rent(Math.Max(1, gates * Words));
    }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>The words of a plane.</summary>
    public int Words { get; }

    /// <summary>A run of planes of a component.</summary>
    public Span<ulong> Of(int component, int plane, int count = 1) => _components[component].Span.Slice(plane * Words, count * Words);

    /// <summary>target ^= source, or target = source.</summary>
    public void Put(int source, int target, bool onto)
    {
        for (int c = 0; c < _components.Length; c++)
        {
            Put(Of(c, source), Of(c, target), onto);
        }
    }

    /// <summary>Makes a plane zero.</summary>
    public void Clear(int plane)
    {
        for (int c = 0; c < _components.Length; c++)
        {
            Of(c, plane).Clear();
        }
    }

    /// <summary>Where this party's shares of a level's results go before <see cref="Place"/>, gate by gate.</summary>
    public Span<ulong> Level(int gates) => _level.Span[..(gates * Words)];

    /// <summary>Replicated shares: this party's additive share of each gate's result, still to be masked and sent to the party before.</summary>
    public Span<ulong> Multiply(ReadOnlySpan<PlaneGate> gates)
    {
        Span<ulong> level = _level.Span[..(gates.Length * Words)];
        level.Clear();
        for (int g = 0; g < gates.Length; g++)
        {
            Span<ulong> sum = level.Slice(g * Words, Words);
            foreach ((int x, int y) in gates[g].Terms)
            {
                RingKernels.AndCross(Of(0, x), Of(1, x), Of(0, y), Of(1, y), sum, accumulate: true);
            }
        }

        return level;
    }

    /// <summary>Puts a level's results in place, from the own shares and, where there are two components, those received.</summary>
    public void Place(ReadOnlySpan<PlaneGate> gates, ReadOnlySpan<ulong> received)
    {
        for (int g = 0; g < gates.Length; g++)
        {
            Put(_level.Span.Slice(g * Words, Words), Of(0, gates[g].Target), gates[g].Onto);
            if (_components.Length > 1)
            {
                Put(received.Slice(g * Words, Words), Of(1, gates[g].Target), gates[g].Onto);
            }
        }
    }

    public void Dispose()
    {
        _level.Dispose();
        foreach (SecretBuffer component in _components)
        {
            component.Dispose();
        }
    }

    private static void Put(ReadOnlySpan<ulong> source, Span<ulong> target, bool onto)
    {
        if (onto)
        {
            RingKernels.Xor(source, target, target);
        }
        else
        {
            source.CopyTo(target);
        }
    }
}
