using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SecureTransformer.Numerics;

internal sealed class AesCtrSoftware : AesCtrCore
{
    private const int BatchBytes = 4096;

    // Several threads may generate at once; an Aes is not documented to let them.
    private readonly Lock _gate = new();
    private readonly Aes _aes;

    public AesCtrSoftware(ReadOnlySpan<byte> key)
    {
        _aes = Aes.Create();
        _aes.SetKey(key);
    }

    public override unsafe void Generate(ulong high, ulong low, byte* destination, nuint blocks)
    {
        Span<byte> counters = stackalloc byte[BatchBytes];
        while (blocks > 0)
        {
            int count = (int)nuint.Min(blocks, BatchBytes / AesCtrPrg.BlockByteCount);
            for (int i = 0; i < count; i++)
            {
                Span<byte> block = counters.Slice(i * AesCtrPrg.BlockByteCount, AesCtrPrg.BlockByteCount);
                BinaryPrimitives.WriteUInt64BigEndian(block, high);
                BinaryPrimitives.WriteUInt64BigEndian(block[8..], unchecked(low + (ulong)i));
            }

            int bytes = count * AesCtrPrg.BlockByteCount;
            lock (_gate)
            {
                _aes.EncryptEcb(counters[..bytes], new Span<byte>(destination, bytes), PaddingMode.None);
            }

            destination += bytes;
            low = unchecked(low + (ulong)count);
            blocks -= (nuint)count;
        }
    }

    public override void Dispose() => _aes.Dispose();
}
