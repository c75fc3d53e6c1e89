using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation.Networks;

/// <summary>Draws that are the same on every machine.</summary>
internal static class RandomSource
{
    /// <summary>A generator for a seed and what it is for.</summary>
    public static AesCtrPrg Create(long seed, ulong purpose)
    {
        Span<byte> key = stackalloc byte[AesCtrPrg.KeyByteCount];
        key.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(key, seed);
        return new AesCtrPrg(key, purpose);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public static double Uniform(AesCtrPrg random) => (random.NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Below a bound, uniform up to 2^-32.</summary>
    public static int Below(AesCtrPrg random, int bound) => (int)(((random.NextUInt64() >> 32) * (ulong)bound) >> 32);

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller, 1958).</summary>
    public static double Normal(AesCtrPrg random) =>
        Math.Sqrt(-2 * Math.Log(1 - Uniform(random))) * Math.Cos(2 * Math.PI * Uniform(random));

    /// <summary>0, 1, ... in random order (Fisher and Yates).</summary>
    public static int[] Permutation(AesCtrPrg random, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Below(random, i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
