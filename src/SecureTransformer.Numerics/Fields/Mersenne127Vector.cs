using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>Sums and differences of four elements of <see cref="Mersenne127"/> side by side, as they lie in memory: low words in even lanes, high words in odd ones.</summary>
internal static class Mersenne127Vector
{
    public static bool IsSupported => Avx512F.IsSupported;

    public static int Words => Vector512<ulong>.Count;

    private static Vector512<ulong> LowOne => Vector512.Create(1, 0, 1, 0, 1, 0, 1, 0UL);

    private static Vector512<ulong> Mask => Vector512.Create(
        ulong.MaxValue, Mersenne127.HighMask, ulong.MaxValue, Mersenne127.HighMask, ulong.MaxValue, Mersenne127.HighMask, ulong.MaxValue, Mersenne127.HighMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Broadcast(Mersenne127 value) => Vector512.Create(Vector128.Create(value.Low, value.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> x, Vector512<ulong> y)
    {
        Vector512<ulong> sum = x + y;
        return Fold(sum - Carry(Vector512.LessThan(sum, x)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Subtract(Vector512<ulong> x, Vector512<ulong> y)
    {
        Vector512<ulong> difference = x - y + Carry(Vector512.LessThan(x, y));
        Vector512<ulong> negative = HighSign(difference);
        Vector512<ulong> borrow = Carry(Vector512.Equals(difference, Vector512<ulong>.Zero)) & negative;
        return (difference - (LowOne & negative) + borrow) & Mask;
    }

    /// <summary>Integers below 2p, taken modulo p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Fold(Vector512<ulong> sum)
    {
        Vector512<ulong> next = sum + LowOne - Carry(Vector512.Equals(sum, Vector512<ulong>.AllBitsSet));
        return Vector512.ConditionalSelect(HighSign(next), next & Mask, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> KeepBits(Vector512<ulong> bits) => bits & Mask;

    /// <summary>The even lanes moved to the odd ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Carry(Vector512<ulong> mask) => Avx512F.UnpackLow(Vector512<ulong>.Zero, mask);

    /// <summary>All bits of both lanes set where the highest bit of the odd one is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> HighSign(Vector512<ulong> x) => Vector512.ShiftRightArithmetic(Avx512F.UnpackHigh(x, x).AsInt64(), 63).AsUInt64();
}
