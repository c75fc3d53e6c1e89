using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>
/// Eight elements of <see cref="Mersenne127"/> side by side as five limbs of 26 bits, the last of 23. Products of limbs have 52 bits, a column of a product has at
/// most five of them, so that up to 409 products can be summed before carries are taken (sums stay below 2^63).
/// </summary>
internal static unsafe class Limbs26
{
    public const int Count = 5;

    public const int Bits = 26;

    private const int TopBits = 127 - (4 * Bits);

    public static bool IsSupported => Avx512F.IsSupported;

    private static Vector512<ulong> Mask => Vector512.Create((1UL << Bits) - 1);

    /// <summary>Eight elements at a distance, in words: the low words and the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ulong* p, nint stride, out Vector512<ulong> low, out Vector512<ulong> high)
    {
        if (stride == Mersenne127.WordCount)
        {
            Separate(Vector512.Load(p), Vector512.Load(p + 8), out low, out high);
        }
        else
        {
            Separate(Four(p, stride), Four(p + (4 * stride), stride), out low, out high);
        }
    }

    /// <summary>Words as they lie in memory, apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Separate(Vector512<ulong> first, Vector512<ulong> second, out Vector512<ulong> low, out Vector512<ulong> high)
    {
        low = Avx512F.PermuteVar8x64x2(first, Vector512.Create(0UL, 2, 4, 6, 8, 10, 12, 14), second);
        high = Avx512F.PermuteVar8x64x2(first, Vector512.Create(1UL, 3, 5, 7, 9, 11, 13, 15), second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(
        Vector512<ulong> low, Vector512<ulong> high, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3, out Vector512<ulong> x4)
    {
        Vector512<ulong> mask = Mask;
        x0 = low & mask;
        x1 = (low >> 26) & mask;
        x2 = ((low >> 52) | (high << 12)) & mask;
        x3 = (high >> 14) & mask;
        x4 = high >> 40;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Product(Vector512<ulong> x, Vector512<ulong> y) => Avx512F.Multiply(x.AsUInt32(), y.AsUInt32());

    /// <summary>Adds the 25 products of limbs of two elements to nine columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(
        Vector512<ulong> x0,
        Vector512<ulong> x1,
        Vector512<ulong> x2,
        Vector512<ulong> x3,
        Vector512<ulong> x4,
        Vector512<ulong> y0,
        Vector512<ulong> y1,
        Vector512<ulong> y2,
        Vector512<ulong> y3,
        Vector512<ulong> y4,
        ref Vector512<ulong> c0,
        ref Vector512<ulong> c1,
        ref Vector512<ulong> c2,
        ref Vector512<ulong> c3,
        ref Vector512<ulong> c4,
        ref Vector512<ulong> c5,
        ref Vector512<ulong> c6,
        ref Vector512<ulong> c7,
        ref Vector512<ulong> c8)
    {
        c0 += Product(x0, y0);
        c1 += Product(x0, y1);
        c2 += Product(x0, y2);
        c3 += Product(x0, y3);
        c4 += Product(x0, y4);
        c1 += Product(x1, y0);
        c2 += Product(x1, y1);
        c3 += Product(x1, y2);
        c4 += Product(x1, y3);
        c5 += Product(x1, y4);
        c2 += Product(x2, y0);
        c3 += Product(x2, y1);
        c4 += Product(x2, y2);
        c5 += Product(x2, y3);
        c6 += Product(x2, y4);
        c3 += Product(x3, y0);
        c4 += Product(x3, y1);
        c5 += Product(x3, y2);
        c6 += Product(x3, y3);
        c7 += Product(x3, y4);
        c4 += Product(x4, y0);
        c5 += Product(x4, y1);
        c6 += Product(x4, y2);
        c7 += Product(x4, y3);
        c8 += Product(x4, y4);
    }

    /// <summary>Sums of columns of products, each below 2^63, as canonical elements in the order of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reduce(
        Vector512<ulong> c0,
        Vector512<ulong> c1,
        Vector512<ulong> c2,
        Vector512<ulong> c3,
        Vector512<ulong> c4,
        Vector512<ulong> c5,
        Vector512<ulong> c6,
        Vector512<ulong> c7,
        Vector512<ulong> c8,
        out Vector512<ulong> first,
        out Vector512<ulong> second)
    {
        Vector512<ulong> mask = Mask;

        // Two chains of carries at a time: columns 0 to 4, and 5 to 8.
        c6 += c5 >> Bits;
        c5 &= mask;
        c1 += c0 >> Bits;
        c0 &= mask;
        c7 += c6 >> Bits;
        c6 &= mask;
        c2 += c1 >> Bits;
        c1 &= mask;
        c8 += c7 >> Bits;
        c7 &= mask;
        c3 += c2 >> Bits;
        c2 &= mask;
        Vector512<ulong> c9 = c8 >> Bits;
        c8 &= mask;
        c4 += c3 >> Bits;
        c3 &= mask;

        // 2^130 is 8. Column 4 has at most 2^63, column 9 2^37: both go on into the top.
        c0 += c5 << 3;
        c1 += c6 << 3;
        c2 += c7 << 3;
        c3 += c8 << 3;
        Vector512<ulong> top = c9 << 3;
        Vector512<ulong> over = c4 >> TopBits;
        c4 &= Vector512.Create((1UL << TopBits) - 1);
        c4 += top;

        // 2^127 is one.
        c0 += over & mask;
        c1 += over >> Bits;
        c1 += c0 >> Bits;
        c0 &= mask;
        c2 += c1 >> Bits;
        c1 &= mask;
        c3 += c2 >> Bits;
        c2 &= mask;
        c4 += c3 >> Bits;
        c3 &= mask;
        c0 += c4 >> TopBits;
        c4 &= Vector512.Create((1UL << TopBits) - 1);

        // Below 2^127 + 2^20.
        Join(c0, c1, c2, c3, c4, out first, out second);
    }

    /// <summary>Products of elements with one limb, as canonical elements in the order of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyShort(
        Vector512<ulong> low, Vector512<ulong> high, Vector512<ulong> limb, out Vector512<ulong> first, out Vector512<ulong> second)
    {
        Split(low, high, out Vector512<ulong> c0, out Vector512<ulong> c1, out Vector512<ulong> c2, out Vector512<ulong> c3, out Vector512<ulong> c4);
        Vector512<ulong> mask = Mask;
        c0 = Product(c0, limb);
        c1 = Product(c1, limb) + (c0 >> Bits);
        c2 = Product(c2, limb) + (c1 >> Bits);
        c3 = Product(c3, limb) + (c2 >> Bits);
        c4 = Product(c4, limb) + (c3 >> Bits);

        // 2^127 is one; below 2^127 + 2^28.
        c0 = (c0 & mask) + (c4 >> TopBits);
        c4 &= Vector512.Create((1UL << TopBits) - 1);
        Join(c0, c1 & mask, c2 & mask, c3 & mask, c4, out first, out second);
    }

    /// <summary>Limbs of which only the first may be larger than 26 bits, of integers below 2p, as canonical elements in the order of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(
        Vector512<ulong> c0, Vector512<ulong> c1, Vector512<ulong> c2, Vector512<ulong> c3, Vector512<ulong> c4, out Vector512<ulong> first, out Vector512<ulong> second)
    {
        Vector512<ulong> shifted = c2 << 52;
        Vector512<ulong> low = c0 + (c1 << 26) + shifted;
        Vector512<ulong> high = (c2 >> 12) + (c3 << 14) + (c4 << 40);
        high -= Vector512.LessThan(low, shifted);
        Interleave(low, high, out first, out second);
        first = Mersenne127Vector.Fold(first);
        second = Mersenne127Vector.Fold(second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector512<ulong> low, Vector512<ulong> high, out Vector512<ulong> first, out Vector512<ulong> second)
    {
        first = Avx512F.PermuteVar8x64x2(low, Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11), high);
        second = Avx512F.PermuteVar8x64x2(low, Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15), high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Four(ulong* p, nint stride)
    {
        Vector512<ulong> result = Vector512.CreateScalarUnsafe(0UL);
        result = Avx512DQ.InsertVector128(result, Vector128.Load(p), 0);
        result = Avx512DQ.InsertVector128(result, Vector128.Load(p + stride), 1);
        result = Avx512DQ.InsertVector128(result, Vector128.Load(p + (2 * stride)), 2);
        return Avx512DQ.InsertVector128(result, Vector128.Load(p + (3 * stride)), 3);
    }
}
