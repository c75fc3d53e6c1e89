using System.Buffers.Binary;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Reproducible public test values, and what they should come to.</summary>
internal static class Arithmetic
{
    /// <summary>Multiples of 2^-10 in [-scale, scale), exact in every format in use.</summary>
    public static double[] Values(ulong seed, int count, double scale = 8)
    {
        ulong[] words = Words(seed, count);
        return Array.ConvertAll(words, w => Math.Floor((((double)(w >> 11) / (1L << 52)) - 1) * scale * 1024) / 1024);
    }

    public static ulong[] Words(ulong seed, int count)
    {
        byte[] key = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        using var prg = new AesCtrPrg(key, 0x7e57);
        ulong[] words = new ulong[count];
        prg.Fill(words);
        return words;
    }

    /// <summary>A secret whose ring elements are given, exactly. The last of three parties as the owner leaves every party with random components.</summary>
    public static async Task<SecretTensor> RingAsync(MpcSession session, long[] elements, int fractionalBits = 0, int owner = 2)
    {
        double[] ones = new double[elements.Length];
        Array.Fill(ones, Math.ScaleB(1, -fractionalBits));
        using SecretTensor one = await session.InputAsync(owner % session.PartyCount, new TensorShape(elements.Length), ones, fractionalBits);
        return session.MultiplyInteger(one, elements);
    }

    public static void Near(double[] expected, double[]? actual, double tolerance)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance))
            {
                Assert.Fail($"Element {i} of {expected.Length}: expected {expected[i]}, found {actual[i]}.");
            }
        }
    }

    public static double[] MatMul(double[] x, double[] y, int batches, int m, int k, int n, bool transposed)
    {
        double[] z = new double[batches * m * n];
        for (int b = 0; b < batches; b++)
        {
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    for (int l = 0; l < k; l++)
                    {
                        z[(((b * m) + i) * n) + j] += x[(((b * m) + i) * k) + l] * y[(b * k * n) + (transposed ? (j * k) + l : (l * n) + j)];
                    }
                }
            }
        }

        return z;
    }
}
