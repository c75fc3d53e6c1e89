using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SecureTransformer.Numerics;

/// <summary>An element of the field of integers modulo p = 2^61 - 1, for integers of moderate size. In memory one word, the representative in [0, p). Arithmetic takes constant time.</summary>
/// <remarks>It may be a share of a secret, so <see cref="object.ToString"/> shows the type only.</remarks>
public readonly struct Mersenne61 : IField<Mersenne61>
{
    /// <summary>The modulus, 2^61 - 1.</summary>
    public const ulong Modulus = (1UL << Bits) - 1;

    private const int Bits = 61;
    private const int Block = 128;

    private Mersenne61(ulong value) => Value = value;

    /// <summary>Gets the representative in [0, p).</summary>
    public ulong Value { get; }

    /// <inheritdoc/>
    public static Mersenne61 Zero => default;

    /// <inheritdoc/>
    public static Mersenne61 One => new(1);

    /// <inheritdoc/>
    public static int ByteCount => sizeof(ulong);

    /// <inheritdoc/>
    public static Mersenne61 FromInt64(long value)
    {
        // v mod 2^64 is v + 2^64 for a negative v, and 2^64 is 8 modulo p.
        ulong negative = (ulong)value >> 63;
        return FromUInt64(unchecked((ulong)value)) - new Mersenne61(negative << 3);
    }

    /// <inheritdoc/>
    public static Mersenne61 FromUInt64(ulong value) => Fold((value & Modulus) + (value >> Bits));

    /// <summary>The representative of least magnitude, in [-(p - 1) / 2, (p - 1) / 2].</summary>
    /// <returns>The representative.</returns>
    public long ToInt64()
    {
        ulong negative = Value >> (Bits - 1);
        return unchecked((long)(Value - (Modulus & (0 - negative))));
    }

    /// <summary>Fills <paramref name="destination"/> with independent elements, one block of the generator each: 128 bits modulo p.</summary>
    /// <remarks>The distribution of one element is within 2^-67 of the uniform one (statistical distance). Time depends on the number of elements only.</remarks>
    /// <param name="prg">The generator; its position advances.</param>
    /// <param name="destination">The elements to fill.</param>
    public static void Sample(AesCtrPrg prg, Span<Mersenne61> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        Span<ulong> buffer = stackalloc ulong[2 * Block];
        for (int start = 0; start < destination.Length; start += Block)
        {
            Span<Mersenne61> part = destination.Slice(start, Math.Min(Block, destination.Length - start));
            prg.Fill(buffer[..(2 * part.Length)]);
            for (int i = 0; i < part.Length; i++)
            {
                // 2^64 is 8 modulo p.
                part[i] = FromUInt64(buffer[2 * i]) + (FromUInt64(buffer[(2 * i) + 1]) * new Mersenne61(8));
            }
        }

        buffer.Clear();
    }

    /// <inheritdoc/>
    public static Mersenne61 Read(ReadOnlySpan<byte> source)
    {
        RingBytes.Check(source.Length, ByteCount, nameof(source));
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(source);
        return value < Modulus
            ? new(value)
            : throw new ArgumentException("The bytes are not the canonical form of an element: they are not below 2^61 - 1.", nameof(source));
    }

    /// <inheritdoc/>
    public void Write(Span<byte> destination)
    {
        RingBytes.Check(destination.Length, ByteCount, nameof(destination));
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Value);
    }

    /// <summary>The multiplicative inverse, x^(p - 2). Constant time but for the refusal of zero.</summary>
    /// <param name="value">An element other than zero.</param>
    /// <returns>The element whose product with <paramref name="value"/> is one.</returns>
    /// <exception cref="DivideByZeroException"><paramref name="value"/> is zero.</exception>
    public static Mersenne61 Inverse(Mersenne61 value)
    {
        if (value == Zero)
        {
            throw new DivideByZeroException("Zero has no inverse.");
        }

        // The exponent 2^61 - 3 has ones everywhere but at bit 1.
        Mersenne61 result = value;
        for (int bit = Bits - 2; bit >= 0; bit--)
        {
            result *= result;
            result = bit == 1 ? result : result * value;
        }

        return result;
    }

    /// <summary>Sum modulo p.</summary>
    /// <param name="left">The first summand.</param>
    /// <param name="right">The second summand.</param>
    /// <returns>The sum.</returns>
    public static Mersenne61 operator +(Mersenne61 left, Mersenne61 right) => Fold(left.Value + right.Value);

    /// <summary>Difference modulo p.</summary>
    /// <param name="left">The minuend.</param>
    /// <param name="right">The subtrahend.</param>
    /// <returns>The difference.</returns>
    public static Mersenne61 operator -(Mersenne61 left, Mersenne61 right)
    {
        ulong difference = unchecked(left.Value - right.Value);
        return new(unchecked(difference + (Modulus & (0 - (difference >> 63)))));
    }

    /// <summary>Additive inverse modulo p.</summary>
    /// <param name="value">The element.</param>
    /// <returns>Its negation.</returns>
    public static Mersenne61 operator -(Mersenne61 value) => default(Mersenne61) - value;

    /// <summary>Product modulo p.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <returns>The product.</returns>
    public static Mersenne61 operator *(Mersenne61 left, Mersenne61 right)
    {
        ulong high = Math.BigMul(left.Value, right.Value, out ulong low);
        return Fold((low & Modulus) + ((low >> Bits) | (high << (64 - Bits))));
    }

    /// <summary>Whether two elements are equal.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they are equal.</returns>
    public static bool operator ==(Mersenne61 left, Mersenne61 right) => left.Value == right.Value;

    /// <summary>Whether two elements differ.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they differ.</returns>
    public static bool operator !=(Mersenne61 left, Mersenne61 right) => left.Value != right.Value;

    /// <inheritdoc/>
    public bool Equals(Mersenne61 other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Mersenne61 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => nameof(Mersenne61);

    /// <summary>An integer below 2p, taken modulo p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Mersenne61 Fold(ulong sum)
    {
        // s >= p exactly if s + 1 >= 2^61, and then s - p = s + 1 - 2^61.
        ulong over = (sum + 1) >> Bits;
        return new((sum + over) & Modulus);
    }
}
