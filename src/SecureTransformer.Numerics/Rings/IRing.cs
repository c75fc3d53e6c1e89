using System.Numerics;

namespace SecureTransformer.Numerics;

/// <summary>A finite commutative ring with one. The laws it obeys are tested for every implementation by one property suite.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface IRing<TSelf> :
    IEquatable<TSelf>,
    IEqualityOperators<TSelf, TSelf, bool>,
    IAdditionOperators<TSelf, TSelf, TSelf>,
    ISubtractionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>,
    IMultiplyOperators<TSelf, TSelf, TSelf>
    where TSelf : struct, IRing<TSelf>
{
    /// <summary>Gets the neutral element of addition.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>Gets the neutral element of multiplication.</summary>
    static abstract TSelf One { get; }

    /// <summary>Gets the number of bytes of one serialized element.</summary>
    static abstract int ByteCount { get; }

    /// <summary>The image of a signed integer: <paramref name="value"/> times one.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The ring element.</returns>
    static abstract TSelf FromInt64(long value);

    /// <summary>The image of an unsigned integer: <paramref name="value"/> times one.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The ring element.</returns>
    static abstract TSelf FromUInt64(ulong value);

    /// <summary>Fills <paramref name="destination"/> with independent uniform elements.</summary>
    /// <param name="prg">The generator; its position advances.</param>
    /// <param name="destination">The elements to fill.</param>
    static abstract void Sample(AesCtrPrg prg, Span<TSelf> destination);

    /// <summary>Reads one element, little endian.</summary>
    /// <param name="source">At least <see cref="ByteCount"/> bytes.</param>
    /// <returns>The element.</returns>
    /// <exception cref="ArgumentException"><paramref name="source"/> is too short, or is not the canonical form of an element.</exception>
    static abstract TSelf Read(ReadOnlySpan<byte> source);

    /// <summary>Writes this element, little endian.</summary>
    /// <param name="destination">At least <see cref="ByteCount"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    void Write(Span<byte> destination);
}
