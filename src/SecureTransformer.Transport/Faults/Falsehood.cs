using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SecureTransformer.Transport;

/// <summary>The pseudorandom bytes of one wrong payload: AES-128 in counter mode under a key from the seed and the frame. For faults alone, and no secret.</summary>
internal sealed class Falsehood : IDisposable
{
    private const int Block = 16;

    private readonly Aes _aes = Aes.Create();

    internal Falsehood(ulong seed, OutgoingFrame frame, bool byPeer)
    {
        Span<byte> name = stackalloc byte[26];
        BinaryPrimitives.WriteUInt64LittleEndian(name, seed);
        BinaryPrimitives.WriteInt32LittleEndian(name[8..], frame.Session);
        BinaryPrimitives.WriteUInt16LittleEndian(name[12..], frame.Operation);
        BinaryPrimitives.WriteInt64LittleEndian(name[14..], frame.Number);
        BinaryPrimitives.WriteInt32LittleEndian(name[22..], byPeer ? frame.Peer ?? -1 : -2);
        _aes.Key = SHA256.HashData(name)[..Block];
    }

    internal void Fill(Span<byte> destination)
    {
        Span<byte> counter = stackalloc byte[Block];
        Span<byte> stream = stackalloc byte[Block];
        counter.Clear();
        for (int start = 0; start < destination.Length; start += Block)
        {
            BinaryPrimitives.WriteInt32LittleEndian(counter, start);
            _aes.EncryptEcb(counter, stream, PaddingMode.None);
            stream[..Math.Min(Block, destination.Length - start)].CopyTo(destination[start..]);
        }
    }

    /// <summary>A number below a bound far below 2^64.</summary>
    internal long Next(long bound)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        Fill(word);
        return (long)(BinaryPrimitives.ReadUInt64LittleEndian(word) % (ulong)bound);
    }

    public void Dispose() => _aes.Dispose();
}
