using System.Buffers.Binary;

namespace SecureTransformer.Numerics;

/// <summary>Reproducible values. Never a source of secrets.</summary>
internal static class TestPrg
{
    public static AesCtrPrg Create(ulong seed)
    {
        byte[] key = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        return new AesCtrPrg(key, 0x7e57);
    }

    public static ulong[] Words(ulong seed, int count)
    {
        using AesCtrPrg prg = Create(seed);
        ulong[] words = new ulong[count];
        prg.Fill(words);
        return words;
    }
}
