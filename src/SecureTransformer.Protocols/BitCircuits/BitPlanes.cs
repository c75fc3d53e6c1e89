using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Between words and bit planes: plane b holds bit b of each word, 64 words to a plane word.</summary>
internal static class BitPlanes
{
    /// <summary>
    /// Writes <paramref name="count"/> planes of the words from plane <paramref name="first"/> on, one after another, <paramref name="stride"/> words apart. Positions past the
    /// last word are zero bits.
    /// </summary>
    public static void Split(ReadOnlySpan<ulong> words, int count, Span<ulong> planes, int stride, int first = 0)
    {
        Span<ulong> block = stackalloc ulong[64];
        for (int start = 0; start < words.Length; start += 64)
        {
            int size = Math.Min(64, words.Length - start);
            words.Slice(start, size).CopyTo(block);
            block[size..].Clear();
            Transpose(block);
            int column = start >> 6;
            for (int b = 0; b < count; b++)
            {
                planes[(b * stride) + column] = block[first + b];
            }
        }
    }

    /// <summary>Transposes a 64 x 64 bit matrix: bit j of row i becomes bit i of row j (Hacker's Delight, section 7-3).</summary>
    internal static void Transpose(Span<ulong> rows)
    {
        ref ulong first = ref MemoryMarshal.GetReference(rows[..64]);
        Swap512(ref first, 32, 0x00000000FFFFFFFF);
        Swap512(ref first, 16, 0x0000FFFF0000FFFF);
        Swap512(ref first, 8, 0x00FF00FF00FF00FF);
        for (int k = 0; k < 64; k += 8)
        {
            Vector256<ulong> low = Vector256.LoadUnsafe(ref first, (nuint)k);
            Vector256<ulong> high = Vector256.LoadUnsafe(ref first, (nuint)k + 4);
            Vector256<ulong> t = ((low >> 4) ^ high) & Vector256.Create(0x0F0F0F0F0F0F0F0FUL);
            (high ^ t).StoreUnsafe(ref first, (nuint)k + 4);
            (low ^ (t << 4)).StoreUnsafe(ref first, (nuint)k);
        }

        for (int k = 0; k < 64; k += 4)
        {
            Vector128<ulong> low = Vector128.LoadUnsafe(ref first, (nuint)k);
            Vector128<ulong> high = Vector128.LoadUnsafe(ref first, (nuint)k + 2);
            Vector128<ulong> t = ((low >> 2) ^ high) & Vector128.Create(0x3333333333333333UL);
            (high ^ t).StoreUnsafe(ref first, (nuint)k + 2);
            (low ^ (t << 2)).StoreUnsafe(ref first, (nuint)k);
        }

        for (int k = 0; k < 64; k += 2)
        {
            ulong t = ((rows[k] >> 1) ^ rows[k + 1]) & 0x5555555555555555UL;
            rows[k + 1] ^= t;
            rows[k] ^= t << 1;
        }
    }

    private static void Swap512(ref ulong first, int distance, ulong mask)
    {
        Vector512<ulong> select = Vector512.Create(mask);
        for (int k = 0; k < 64; k = (k + 8 + distance) & ~distance)
        {
            Vector512<ulong> low = Vector512.LoadUnsafe(ref first, (nuint)k);
            Vector512<ulong> high = Vector512.LoadUnsafe(ref first, (nuint)(k + distance));
            Vector512<ulong> t = ((low >> distance) ^ high) & select;
            (high ^ t).StoreUnsafe(ref first, (nuint)(k + distance));
            (low ^ (t << distance)).StoreUnsafe(ref first, (nuint)k);
        }
    }
}
