using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecureTransformer.Numerics;

/// <summary>
/// A keyed generator of uniform bits: AES-128 in counter mode (NIST SP 800-38A, section 6.5) over blocks of zeros.
/// Two instances with the same key and domain that make the same sequence of calls produce the same values.
/// </summary>
/// <remarks>
/// The counter block is the domain (64 bits, big endian) followed by the block counter (64 bits, big endian). Distinct domains under
/// one key give independent streams. Each fill begins at a fresh block; what is left of the last block is discarded. Words are read
/// from the stream in little-endian order on every machine. Only <see cref="FillAt(ulong, Span{byte})"/> is safe for use by several threads at once.
/// Rate: one block costs ten AES rounds; the hardware paths run near the throughput of the AES unit on large fills.
/// </remarks>
public sealed class AesCtrPrg : IDisposable
{
    /// <summary>The number of bytes of a key.</summary>
    public const int KeyByteCount = 16;

    /// <summary>The number of bytes of a block.</summary>
    public const int BlockByteCount = 16;

    private readonly AesCtrCore _core;
    private readonly ulong _domain;
    private ulong _position;
    private bool _disposed;

    /// <summary>Makes a generator positioned at block 0 of a domain.</summary>
    /// <param name="key16">The key, 16 bytes, uniform and secret. It is copied.</param>
    /// <param name="domain">The domain: one number for each purpose the key serves.</param>
    /// <exception cref="ArgumentException"><paramref name="key16"/> does not have 16 bytes.</exception>
    public AesCtrPrg(ReadOnlySpan<byte> key16, ulong domain)
        : this(key16, domain, AesCtrCore.BestPath)
    {
    }

    internal AesCtrPrg(ReadOnlySpan<byte> key16, ulong domain, AesPath path)
    {
        if (key16.Length != KeyByteCount)
        {
            throw new ArgumentException($"The key has {key16.Length} bytes instead of {KeyByteCount}.", nameof(key16));
        }

        _core = AesCtrCore.Create(key16, path);
        _domain = domain;
    }

    /// <summary>Gets the domain.</summary>
    public ulong Domain => _domain;

    /// <summary>Gets or sets the number of the block at which the next fill begins.</summary>
    public ulong Position
    {
        get => _position;
        set => _position = value;
    }

    /// <summary>The number of blocks a fill takes.</summary>
    /// <param name="byteCount">The number of bytes to fill.</param>
    /// <returns>The number of blocks by which <see cref="Position"/> advances.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="byteCount"/> is negative.</exception>
    public static ulong BlocksFor(long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        return ((ulong)byteCount + (BlockByteCount - 1)) / BlockByteCount;
    }

    /// <summary>Moves on without generating.</summary>
    /// <param name="blocks">The number of blocks to leave out.</param>
    /// <exception cref="OverflowException">The counter of 64 bits would wrap around.</exception>
    public void SkipBlocks(ulong blocks) => _position = checked(_position + blocks);

    /// <summary>Fills a span with uniform bytes.</summary>
    /// <param name="destination">The bytes to fill.</param>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="OverflowException">The stream of this domain is used up.</exception>
    public void Fill(Span<byte> destination)
    {
        FillAt(_position, destination);
        _position += BlocksFor(destination.Length);
    }

    /// <summary>Fills a span with uniform 64-bit words.</summary>
    /// <param name="destination">The words to fill.</param>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="OverflowException">The stream of this domain is used up.</exception>
    public void Fill(Span<ulong> destination)
    {
        FillAt(_position, destination);
        _position += BlocksFor((long)destination.Length * sizeof(ulong));
    }

    /// <summary>Fills a span with uniform bytes from a block on, and leaves <see cref="Position"/> where it is. Several threads may do so at once.</summary>
    /// <param name="position">The block at which the fill begins.</param>
    /// <param name="destination">The bytes to fill.</param>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="OverflowException">The counter of 64 bits would wrap around.</exception>
    public unsafe void FillAt(ulong position, Span<byte> destination)
    {
        fixed (byte* p = destination)
        {
            FillBytes(position, p, (nuint)destination.Length);
        }
    }

    /// <summary>Fills a span with uniform 64-bit words from a block on.</summary>
    /// <inheritdoc cref="FillAt(ulong, Span{byte})"/>
    /// <param name="position">The block at which the fill begins.</param>
    /// <param name="destination">The words to fill.</param>
    public unsafe void FillAt(ulong position, Span<ulong> destination)
    {
        fixed (ulong* p = destination)
        {
            FillBytes(position, (byte*)p, (nuint)destination.Length * sizeof(ulong));
        }

        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(destination, destination);
        }
    }

    /// <summary>Fills a span with uniform 32-bit words.</summary>
    /// <param name="destination">The words to fill.</param>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="OverflowException">The stream of this domain is used up.</exception>
    public unsafe void Fill(Span<uint> destination)
    {
        fixed (uint* p = destination)
        {
            FillBytes(_position, (byte*)p, (nuint)destination.Length * sizeof(uint));
        }

        _position += BlocksFor((long)destination.Length * sizeof(uint));

        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(destination, destination);
        }
    }

    /// <summary>One uniform 64-bit word; takes one block.</summary>
    /// <returns>The word.</returns>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    public ulong NextUInt64()
    {
        ulong word = 0;
        Fill(MemoryMarshal.CreateSpan(ref word, 1));
        return word;
    }

    /// <summary>Zeroes the key schedule.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _core.Dispose();
        }
    }

    private unsafe void FillBytes(ulong position, byte* destination, nuint byteCount)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);

        // The counter may not come to its end: the position after the last block must be one.
        _ = checked(position + ((ulong)byteCount + (BlockByteCount - 1)) / BlockByteCount);
        nuint whole = byteCount / BlockByteCount;
        _core.Generate(_domain, position, destination, whole);
        nuint rest = byteCount % BlockByteCount;
        if (rest != 0)
        {
            byte* last = stackalloc byte[BlockByteCount];
            _core.Generate(_domain, position + whole, last, 1);
            new ReadOnlySpan<byte>(last, (int)rest).CopyTo(new Span<byte>(destination + whole * BlockByteCount, (int)rest));
            CryptographicOperations.ZeroMemory(new Span<byte>(last, BlockByteCount));
        }
    }
}
