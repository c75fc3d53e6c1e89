using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>An element of the ring of integers modulo 2^64. The algebraic view for scalars and laws; tensors are spans of <see cref="UInt64"/>.</summary>
/// <remarks>It may be a share of a secret, so <see cref="object.ToString"/> shows the type only.</remarks>
/// <param name="value">The representative in [0, 2^64).</param>
public readonly struct Ring64(ulong value) : IRing<Ring64>
{
    /// <summary>Gets the representative in [0, 2^64).</summary>
    public ulong Value { get; } = value;

    /// <inheritdoc/>
    public static Ring64 Zero => default;

    /// <inheritdoc/>
    public static Ring64 One => new(1);

    /// <inheritdoc/>
    public static int ByteCount => sizeof(ulong);

    /// <inheritdoc/>
    public static Ring64 FromInt64(long value) => new(unchecked((ulong)value));

    /// <inheritdoc/>
    public static Ring64 FromUInt64(ulong value) => new(unchecked((ulong)value));

    /// <inheritdoc/>
    public static void Sample(AesCtrPrg prg, Span<Ring64> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        prg.Fill(MemoryMarshal.Cast<Ring64, ulong>(destination));
    }

    /// <inheritdoc/>
    public static Ring64 Read(ReadOnlySpan<byte> source)
    {
        RingBytes.Check(source.Length, sizeof(ulong), nameof(source));
        return new(BinaryPrimitives.ReadUInt64LittleEndian(source));
    }

    /// <inheritdoc/>
    public void Write(Span<byte> destination)
    {
        RingBytes.Check(destination.Length, sizeof(ulong), nameof(destination));
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Value);
    }

    /// <summary>Sum modulo 2^64.</summary>
    /// <param name="left">The first summand.</param>
    /// <param name="right">The second summand.</param>
    /// <returns>The sum.</returns>
    public static Ring64 operator +(Ring64 left, Ring64 right) => new(unchecked(left.Value + right.Value));

    /// <summary>Difference modulo 2^64.</summary>
    /// <param name="left">The minuend.</param>
    /// <param name="right">The subtrahend.</param>
    /// <returns>The difference.</returns>
    public static Ring64 operator -(Ring64 left, Ring64 right) => new(unchecked(left.Value - right.Value));

    /// <summary>Additive inverse modulo 2^64.</summary>
    /// <param name="value">The element.</param>
    /// <returns>Its negation.</returns>
    public static Ring64 operator -(Ring64 value) => new(unchecked(0 - value.Value));

    /// <summary>Product modulo 2^64.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <returns>The product.</returns>
    public static Ring64 operator *(Ring64 left, Ring64 right) => new(unchecked(left.Value * right.Value));

    /// <summary>Whether two elements are equal.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they are equal.</returns>
    public static bool operator ==(Ring64 left, Ring64 right) => left.Value == right.Value;

    /// <summary>Whether two elements differ.</summary>
    /// <param name="left">The first element.</param>
    /// <param name="right">The second element.</param>
    /// <returns><see langword="true"/> if they differ.</returns>
    public static bool operator !=(Ring64 left, Ring64 right) => left.Value != right.Value;

    /// <inheritdoc/>
    public bool Equals(Ring64 other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ring64 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => nameof(Ring64);
}
