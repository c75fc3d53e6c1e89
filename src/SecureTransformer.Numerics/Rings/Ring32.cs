using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>An element of the ring of integers modulo 2^32. The algebraic view for scalars and laws; tensors are spans of <see cref="UInt32"/>.</summary>
/// <remarks>It may be a share of a secret, so <see cref="object.ToString"/> shows the type only.</remarks>
/// <param name="value">The representative in [0, 2^32).</param>
public readonly struct Ring32(uint value) : IRing<Ring32>
{
    /// <summary>Gets the representative in [0, 2^32).</summary>
    public uint Value { get; } = value;

    /// <inheritdoc/>
    public static Ring32 Zero => default;

    /// <inheritdoc/>
    public static Ring32 One => new(1);

    /// <inheritdoc/>
    public static int ByteCount => sizeof(uint);

    /// <inheritdoc/>
    public static Ring32 FromInt64(long value) => new(unchecked((uint)value));

    /// <inheritdoc/>
    public static Ring32 FromUInt64(ulong value) => new(unchecked((uint)value));

    /// <inheritdoc/>
    public static void Sample(AesCtrPrg prg, Span<Ring32> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        prg.Fill(MemoryMarshal.Cast<Ring32, uint>(destination));
    }

    /// <inheritdoc/>
    public static Ring32 Read(ReadOnlySpan<byte> source)
    {
        RingBytes.Check(source.Length, sizeof(uint), nameof(source));
        return new(BinaryPrimitives.ReadUInt32LittleEndian(source));
    }

    /// <inheritdoc/>
    public void Write(Span<byte> destination)
    {
        RingBytes.Check(destination.Length, sizeof(uint), nameof(destination));
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Value);
    }

    /// <summary>Sum modulo 2^32.</summary>
    /// <param name="left">The first summand.</param>
    /// <param name="right">The second summand.</param>
    /// <returns>The sum.</returns>
    public static Ring32 operator +(Ring32 left, Ring32 right) => new(unchecked(left.Value + right.Value));

    /// <summary>Difference modulo 2^32.</summary>
    /// <param name="left">The minuend.</param>
    /// <param name="right">The subtrahend.</param>
    /// <returns>The difference.</returns>
    public static Ring32 operator -(Ring32 left, Ring32 right) => new(unchecked(left.Value - right.Value));

    /// <summary>Additive inverse modulo 2^32.</summary>
    /// <param name="value">The element.</param>
    /// <returns>Its negation.</returns>
    public static Ring32 operator -(Ring32 value) => new(unchecked(0 - value.Value));

    /// <summary>Product modulo 2^32.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <returns>The product.</returns>
    public static Ring32 operator *(Ring32 left, Ring32 right) => new(unchecked(left.Value * right.Value));

    /// <summary>Whether two elements are equal.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they are equal.</returns>
    public static bool operator ==(Ring32 left, Ring32 right) => left.Value == right.Value;

    /// <summary>Whether two elements differ.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they differ.</returns>
    public static bool operator !=(Ring32 left, Ring32 right) => left.Value != right.Value;

    /// <inheritdoc/>
    public bool Equals(Ring32 other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ring32 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => nameof(Ring32);
}
