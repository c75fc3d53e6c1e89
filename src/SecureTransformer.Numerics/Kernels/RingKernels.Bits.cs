using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

public static partial class RingKernels
{
    /// <summary>destination = x xor y.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Xor<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.Xor(x, y, destination);
    }

    /// <summary>destination = x and y.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void And<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.BitwiseAnd(x, y, destination);
    }

    /// <summary>destination = x or y.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Or<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.BitwiseOr(x, y, destination);
    }

    /// <summary>destination = not x.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Not<T>(ReadOnlySpan<T> x, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.OnesComplement(x, destination);
    }

    /// <summary>destination = x shifted left.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="bits">The shift, 0 to one less than the bits of the word.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or the shift is out of range.</exception>
    public static void ShiftLeft<T>(ReadOnlySpan<T> x, int bits, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShift<T>(bits);
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.ShiftLeft(x, bits, destination);
    }

    /// <summary>destination = x shifted right, zeros coming in.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="bits">The shift, 0 to one less than the bits of the word.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or the shift is out of range.</exception>
    public static void ShiftRightLogical<T>(ReadOnlySpan<T> x, int bits, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckShift<T>(bits);
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.ShiftRightLogical(x, bits, destination);
    }

    /// <summary>destination = x shifted right as a signed number in two's complement: the floor of x / 2^bits.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="bits">The shift, 0 to 63.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or the shift is out of range.</exception>
    public static void ShiftRightArithmetic(ReadOnlySpan<ulong> x, int bits, Span<ulong> destination)
    {
        CheckShift<ulong>(bits);
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.ShiftRightArithmetic(
            MemoryMarshal.Cast<ulong, long>(x),
            bits,
            MemoryMarshal.Cast<ulong, long>(destination));
    }

    private static void CheckShift<T>(int bits)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bits, 8 * Unsafe.SizeOf<T>());
    }
}
