using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecureTransformer.Numerics;

/// <summary>The eleven round keys of AES-128 (FIPS 197, section 5.2), in pinned memory that is zeroed on dispose.</summary>
internal sealed unsafe class AesKeySchedule : IDisposable
{
    private const int Words = 44;

    // Pinned: the collector leaves no copy behind.
    private readonly uint[] _words = GC.AllocateArray<uint>(Words, pinned: true);

    /// <param name="key">The 16 bytes of the key.</param>
    /// <param name="substitute">The S-box on each byte of a word, in constant time.</param>
    public AesKeySchedule(ReadOnlySpan<byte> key, delegate*<uint, uint> substitute)
    {
        ReadOnlySpan<byte> roundConstants = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36];
        for (int i = 0; i < 4; i++)
        {
            _words[i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        }

        for (int i = 4; i < Words; i++)
        {
            uint t = _words[i - 1];
            if (i % 4 == 0)
            {
                t = BitOperations.RotateRight(substitute(t), 8) ^ roundConstants[i / 4 - 1];
            }

            _words[i] = _words[i - 4] ^ t;
        }
    }

    public byte* Pointer => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_words, 0);

    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_words.AsSpan()));
}
