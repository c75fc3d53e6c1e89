using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Reads the parameters of a request within their bounds, before anything is allocated for it.</summary>
internal ref struct MaterialReader(ReadOnlySpan<int> words)
{
    private readonly ReadOnlySpan<int> _words = words;
    private int _at;

    public int Next(int least, int most, string name)
    {
        if (_at == _words.Length)
        {
            throw new ProtocolException($"A request for material ends before its {name}.");
        }

        int value = _words[_at++];
        return value >= least && value <= most ? value : throw new ProtocolException($"A request for material has the {name} {value}; it must lie between {least} and {most}.");
    }

    public bool NextFlag(string name) => Next(0, 1, name) == 1;

    /// <summary>A number of elements that is worked on chunk by chunk.</summary>
    public int NextCount() => Next(1, (int)TensorShape.MaxCount, "number of elements");

    /// <summary>An extent of an operand that is held whole, given the product of the extents before it.</summary>
    public int NextExtent(int before, string name) => Next(1, Material.MaxWords / before, name);

    public int NextShift() => Next(0, 62, "shift");

    public readonly void RequireEnd()
    {
        if (_at != _words.Length)
        {
            throw new ProtocolException($"A request for material has {_words.Length} words, of which {_at} were expected.");
        }
    }
}
