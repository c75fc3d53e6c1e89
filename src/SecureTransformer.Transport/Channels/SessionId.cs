using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SecureTransformer.Transport;

/// <summary>Names one session (request): 16 random bytes chosen by whoever starts it. Public, and used once.</summary>
public readonly struct SessionId : IEquatable<SessionId>
{
    /// <summary>The length of an id in bytes.</summary>
    public const int Size = 16;

    private readonly UInt128 _value;

    private SessionId(UInt128 value) => _value = value;

    /// <summary>The first eight bytes, which every frame of the session carries.</summary>
    internal ulong Tag => (ulong)(_value >> 64);

    /// <summary>Whether two ids are equal.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(SessionId left, SessionId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if they differ.</returns>
    public static bool operator !=(SessionId left, SessionId right) => !left.Equals(right);

    /// <summary>A fresh id from the system's random number generator.</summary>
    /// <returns>The id.</returns>
    public static SessionId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return FromBytes(bytes);
    }

    /// <summary>Reads an id that <see cref="CopyTo"/> wrote.</summary>
    /// <param name="bytes">Exactly <see cref="Size"/> bytes.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    public static SessionId FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A session id has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        return new SessionId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Writes the id.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size)
        {
            throw new ArgumentException($"A session id needs {Size} bytes, not {destination.Length}.", nameof(destination));
        }

        BinaryPrimitives.WriteUInt128BigEndian(destination, _value);
    }

    /// <inheritdoc/>
    public bool Equals(SessionId other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <summary>The id in 32 hexadecimal digits.</summary>
    /// <returns>The digits.</returns>
    public override string ToString() => _value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
