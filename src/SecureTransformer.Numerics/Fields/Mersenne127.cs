using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>
/// An element of the field of integers modulo p = 2^127 - 1. In memory two words, low and high, of the representative in [0, p): a span of 2n words is a span of n
/// elements (<see cref="AsElements(Span{ulong})"/>). Arithmetic takes constant time.
/// </summary>
/// <remarks>It may be a share of a secret, so <see cref="object.ToString"/> shows the type only.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Mersenne127 : IField<Mersenne127>
{
    /// <summary>The number of words of an element.</summary>
    public const int WordCount = 2;

    internal const ulong HighMask = ulong.MaxValue >> 1;

    private readonly ulong _low;
    private readonly ulong _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Mersenne127(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Gets the modulus, 2^127 - 1.</summary>
    public static UInt128 Modulus => new(HighMask, ulong.MaxValue);

    /// <inheritdoc/>
    public static Mersenne127 Zero => default;

    /// <inheritdoc/>
    public static Mersenne127 One => new(1, 0);

    /// <inheritdoc/>
    public static int ByteCount => WordCount * sizeof(ulong);

    internal ulong Low => _low;

    internal ulong High => _high;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mersenne127 FromInt64(long value)
    {
        // A negative value v is v + p = (v - 1) + 2^127.
        long sign = value >> 63;
        return new(unchecked((ulong)(value + sign)), (ulong)sign & HighMask);
    }

    /// <inheritdoc/>
    public static Mersenne127 FromUInt64(ulong value) => new(value, 0);

    /// <summary>The image of an unsigned integer of 128 bits.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The integer modulo p.</returns>
    public static Mersenne127 FromUInt128(UInt128 value)
    {
        ulong low = (ulong)value;
        ulong high = (ulong)(value >> 64);
        return new Mersenne127(low, high & HighMask).Canonical() + new Mersenne127(high >> 63, 0);
    }

    /// <summary>The image of a signed integer of 128 bits.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The integer modulo p.</returns>
    public static Mersenne127 FromInt128(Int128 value)
    {
        // v mod 2^128 is v + 2^128 for a negative v, and 2^128 is 2 modulo p.
        ulong negative = (ulong)((UInt128)value >> 127);
        return FromUInt128((UInt128)value) - new Mersenne127(negative << 1, 0);
    }

    /// <summary>The representative in [0, p).</summary>
    /// <returns>The representative.</returns>
    public UInt128 ToUInt128() => new(_high, _low);

    /// <summary>The representative of least magnitude, in [-(p - 1) / 2, (p - 1) / 2].</summary>
    /// <returns>The representative.</returns>
    public Int128 ToInt128()
    {
        // Elements of 2^126 and more are x - p = x + 1 - 2^127.
        ulong negative = _high >> 62;
        ulong low = unchecked(_low + negative);
        ulong high = unchecked(_high + (negative & Bit(low == 0)));
        return new Int128(high | (negative << 63), low);
    }

    /// <summary>The words of memory seen as elements. They are canonical if they were made by this library, or pass <see cref="FieldKernels.IsCanonical"/>.</summary>
    /// <param name="words">An even number of words.</param>
    /// <returns>Half as many elements, in the same memory.</returns>
    /// <exception cref="ArgumentException">The number of words is odd.</exception>
    public static Span<Mersenne127> AsElements(Span<ulong> words)
    {
        CheckEven(words.Length, nameof(words));
        return MemoryMarshal.Cast<ulong, Mersenne127>(words);
    }

    /// <inheritdoc cref="AsElements(Span{ulong})"/>
    public static ReadOnlySpan<Mersenne127> AsElements(ReadOnlySpan<ulong> words)
    {
        CheckEven(words.Length, nameof(words));
        return MemoryMarshal.Cast<ulong, Mersenne127>(words);
    }

    /// <summary>Fills <paramref name="destination"/> with independent elements, one block of the generator each: 127 bits of it, where p stands for zero too.</summary>
    /// <remarks>The distribution of one element is within 2^-127 of the uniform one (statistical distance). Time depends on the number of elements only.</remarks>
    /// <param name="prg">The generator; its position advances.</param>
    /// <param name="destination">The elements to fill.</param>
    public static void Sample(AesCtrPrg prg, Span<Mersenne127> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        FieldKernels.FillUniform(prg, MemoryMarshal.Cast<Mersenne127, ulong>(destination));
    }

    /// <inheritdoc/>
    public static Mersenne127 Read(ReadOnlySpan<byte> source)
    {
        RingBytes.Check(source.Length, ByteCount, nameof(source));
        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(source);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(source[sizeof(ulong)..]);
        if (high > HighMask || (high == HighMask && low == ulong.MaxValue))
        {
            throw new ArgumentException("The bytes are not the canonical form of an element: they are not below 2^127 - 1.", nameof(source));
        }

        return new(low, high);
    }

    /// <inheritdoc/>
    public void Write(Span<byte> destination)
    {
        RingBytes.Check(destination.Length, ByteCount, nameof(destination));
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _low);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[sizeof(ulong)..], _high);
    }

    /// <summary>The multiplicative inverse, x^(p - 2). Constant time but for the refusal of zero; 126 squarings and 10 products.</summary>
    /// <param name="value">An element other than zero.</param>
    /// <returns>The element whose product with <paramref name="value"/> is one.</returns>
    /// <exception cref="DivideByZeroException"><paramref name="value"/> is zero.</exception>
    public static Mersenne127 Inverse(Mersenne127 value)
    {
        if (value == Zero)
        {
            throw new DivideByZeroException("Zero has no inverse.");
        }

        // e_k = x^(2^k - 1), so that e_(j+k) = e_j^(2^k) e_k; p - 2 = 4 (2^125 - 1) + 1.
        Mersenne127 e2 = SquareTimes(value, 1) * value;
        Mersenne127 e4 = SquareTimes(e2, 2) * e2;
        Mersenne127 e5 = SquareTimes(e4, 1) * value;
        Mersenne127 e10 = SquareTimes(e5, 5) * e5;
        Mersenne127 e20 = SquareTimes(e10, 10) * e10;
        Mersenne127 e25 = SquareTimes(e20, 5) * e5;
        Mersenne127 e50 = SquareTimes(e25, 25) * e25;
        Mersenne127 e100 = SquareTimes(e50, 50) * e50;
        Mersenne127 e125 = SquareTimes(e100, 25) * e25;
        return SquareTimes(e125, 2) * value;
    }

    /// <summary>Sum modulo p.</summary>
    /// <param name="left">The first summand.</param>
    /// <param name="right">The second summand.</param>
    /// <returns>The sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mersenne127 operator +(Mersenne127 left, Mersenne127 right)
    {
        unchecked
        {
            ulong low = left._low + right._low;
            return Fold(low, left._high + right._high + Bit(low < left._low));
        }
    }

    /// <summary>Difference modulo p.</summary>
    /// <param name="left">The minuend.</param>
    /// <param name="right">The subtrahend.</param>
    /// <returns>The difference.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mersenne127 operator -(Mersenne127 left, Mersenne127 right)
    {
        unchecked
        {
            ulong low = left._low - right._low;
            ulong high = left._high - right._high - Bit(left._low < right._low);

            // A negative difference d is d + p = (d - 1) + 2^127.
            ulong negative = high >> 63;
            return new(low - negative, (high - (negative & Bit(low == 0))) & HighMask);
        }
    }

    /// <summary>Additive inverse modulo p.</summary>
    /// <param name="value">The element.</param>
    /// <returns>Its negation.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mersenne127 operator -(Mersenne127 value) => default(Mersenne127) - value;

    /// <summary>Product modulo p: four products of words.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <returns>The product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mersenne127 operator *(Mersenne127 left, Mersenne127 right)
    {
        unchecked
        {
            ulong w1 = Math.BigMul(left._low, right._low, out ulong w0);
            ulong cross1 = Math.BigMul(left._low, right._high, out ulong cross0);
            ulong other1 = Math.BigMul(left._high, right._low, out ulong other0);
            ulong w3 = Math.BigMul(left._high, right._high, out ulong w2);

            // The cross products are below 2^127, so that their sum has no carry.
            cross0 += other0;
            cross1 += other1 + Bit(cross0 < other0);
            w1 += cross0;
            cross1 += Bit(w1 < cross0);
            w2 += cross1;
            w3 += Bit(w2 < cross1);

            // 2^127 is one: the sum of the low and the high 127 bits of the product.
            ulong low = w0 + ((w1 >> 63) | (w2 << 1));
            ulong high = (w1 & HighMask) + ((w2 >> 63) | (w3 << 1)) + Bit(low < w0);
            return Fold(low, high);
        }
    }

    /// <summary>Whether two elements are equal.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they are equal.</returns>
    public static bool operator ==(Mersenne127 left, Mersenne127 right) => ((left._low ^ right._low) | (left._high ^ right._high)) == 0;

    /// <summary>Whether two elements differ.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they differ.</returns>
    public static bool operator !=(Mersenne127 left, Mersenne127 right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Mersenne127 other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Mersenne127 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_low, _high);

    /// <inheritdoc/>
    public override string ToString() => nameof(Mersenne127);

    /// <summary>An integer below 2p, taken modulo p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Mersenne127 Fold(ulong low, ulong high)
    {
        unchecked
        {
            // s >= p exactly if s + 1 >= 2^127, and then s - p = s + 1 - 2^127.
            ulong full = Bit(low == ulong.MaxValue);
            ulong over = (high + full) >> 63;
            return new(low + over, (high + (over & full)) & HighMask);
        }
    }

    /// <summary>Zero for p, else the element itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Mersenne127 Canonical() => Fold(_low, _high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Bit(bool condition) => Unsafe.BitCast<bool, byte>(condition);

    private static Mersenne127 SquareTimes(Mersenne127 value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            value *= value;
        }

        return value;
    }

    private static void CheckEven(int length, string name)
    {
        if (length % WordCount != 0)
        {
            throw new ArgumentException($"{length} words are no whole number of elements of {WordCount} words.", name);
        }
    }
}
