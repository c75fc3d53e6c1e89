using System.Runtime.InteropServices;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A kept share of one tensor, in memory.</summary>
internal sealed class MemoryShare : IShareWriter, IShareReader
{
    private readonly List<byte> _bytes = [];

    public long Length => _bytes.Count;

    public Span<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

    public Span<Mersenne127> Elements => Mersenne127.AsElements(MemoryMarshal.Cast<byte, ulong>(Bytes));

    public void Write(ReadOnlySpan<byte> share) => _bytes.AddRange(share);

    public void Read(long offset, Span<byte> destination)
    {
        if (offset > _bytes.Count - destination.Length)
        {
            throw new InvalidDataException("too short");
        }

        Bytes.Slice((int)offset, destination.Length).CopyTo(destination);
    }

    public MemoryShare Copy()
    {
        var copy = new MemoryShare();
        copy.Write(Bytes);
        return copy;
    }
}
