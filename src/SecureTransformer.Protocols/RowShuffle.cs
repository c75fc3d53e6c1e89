using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <summary>Puts every row, or the rows, in a uniformly random order: Fisher and Yates, Durstenfeld's form (1964, CACM algorithm 235), in place.</summary>
/// <remarks>
/// Places are drawn by a product of 64-bit words with rejection (Lemire 2019, Fast random integer generation in an interval), so that orders are exactly uniform. A word is
/// rejected with probability below length / 2^64. Whoever shuffles knows the order: addresses depend on it, and on nothing else.
/// </remarks>
internal static class RowShuffle
{
    private const int Block = 1024;

    /// <summary>Shuffles by a fresh generator of the system's.</summary>
    public static void Apply<T>(Span<T> values, int columns)
        where T : unmanaged
    {
        Span<byte> key = stackalloc byte[AesCtrPrg.KeyByteCount];
        RandomNumberGenerator.Fill(key);
        using var random = new AesCtrPrg(key, 0);
        CryptographicOperations.ZeroMemory(key);
        Apply(values, columns, random.Fill);
    }

    /// <summary>Shuffles by words from a source: the same words give the same orders.</summary>
    public static void Apply<T>(Span<T> values, int columns, Action<Span<ulong>> source)
        where T : unmanaged
    {
        Span<ulong> words = stackalloc ulong[Block];
        int used = Block;
        try
        {
            for (int start = 0; start < values.Length; start += columns)
            {
                Span<T> row = values.Slice(start, columns);
                for (int left = columns; left > 1; left--)
                {
                    int place = (int)Below((ulong)left, words, ref used, source);
                    (row[left - 1], row[place]) = (row[place], row[left - 1]);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        }
    }

    /// <summary>Puts whole rows in a random order, by a fresh generator of the system's.</summary>
    public static void MoveRows<T>(Span<T> values, int rows)
        where T : unmanaged
    {
        Span<byte> key = stackalloc byte[AesCtrPrg.KeyByteCount];
        RandomNumberGenerator.Fill(key);
        using var random = new AesCtrPrg(key, 0);
        CryptographicOperations.ZeroMemory(key);
        MoveRows(values, rows, random.Fill);
    }

    /// <summary>Puts whole rows in a random order, by words from a source: the same words give the same order.</summary>
    public static void MoveRows<T>(Span<T> values, int rows, Action<Span<ulong>> source)
        where T : unmanaged
    {
        int width = values.Length / rows;
        Span<ulong> words = stackalloc ulong[Block];
        int used = Block;
        try
        {
            for (int left = rows; left > 1; left--)
            {
                int place = (int)Below((ulong)left, words, ref used, source);
                Swap(values.Slice((left - 1) * width, width), values.Slice(place * width, width));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        }
    }

    private static void Swap<T>(Span<T> a, Span<T> b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (b[i], a[i]);
        }
    }

    /// <summary>A uniform number below a bound.</summary>
    private static ulong Below(ulong bound, Span<ulong> words, ref int used, Action<Span<ulong>> source)
    {
        while (true)
        {
            if (used == words.Length)
            {
                source(words);
                used = 0;
            }

            ulong high = Math.BigMul(words[used++], bound, out ulong low);
            if (low >= bound || low >= unchecked(0 - bound) % bound)
            {
                return high;
            }
        }
    }
}
