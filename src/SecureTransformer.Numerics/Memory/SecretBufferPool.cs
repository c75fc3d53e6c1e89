using System.Numerics;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>A pool of zeroed native memory for secrets, aligned to 64 bytes. Safe for use by several threads.</summary>
/// <remarks>
/// Sizes are rounded up to one of four steps in each power of two, at most 25% more than asked for. Memory that is returned is zeroed
/// at once and kept for the next renter until <see cref="Trim"/> or <see cref="Dispose"/>, as far as <see cref="MaxIdleBytes"/> allows.
/// </remarks>
public sealed unsafe class SecretBufferPool : IDisposable
{
    /// <summary>The alignment of every buffer, in bytes.</summary>
    public const int Alignment = 64;

    /// <summary>The most memory that is kept for later renters, in bytes: 1 GiB. Work of ever other sizes would else keep all that it ever used.</summary>
    public const long MaxIdleBytes = 1L << 30;

    // Classes 0..3 hold 64, 80, 96, 112 words; every four classes double.
    private const int SmallestLog2 = 6;
    private const int ClassCount = 4 * (32 - SmallestLog2);

    private readonly Lock _lock = new();
    private readonly Stack<nint>?[] _free = new Stack<nint>?[ClassCount];
    private readonly HashSet<SecretBuffer> _outstanding = [];
    private long _outstandingBytes;
    private long _idleBytes;
    private bool _disposed;

    /// <summary>Gets the number of buffers rented and not yet disposed.</summary>
    public int OutstandingCount
    {
        get
        {
            lock (_lock)
            {
                return _outstanding.Count;
            }
        }
    }

    /// <summary>Gets the number of bytes of memory behind the buffers rented and not yet disposed.</summary>
    public long OutstandingBytes
    {
        get
        {
            lock (_lock)
            {
                return _outstandingBytes;
            }
        }
    }

    /// <summary>Gets the number of bytes kept for later renters.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_lock)
            {
                return _idleBytes;
            }
        }
    }

    /// <summary>Rents a buffer of zeros.</summary>
    /// <param name="length">The number of 64-bit words, at most <see cref="int.MaxValue"/>.</param>
    /// <returns>The buffer; dispose it to return it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative or too large.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <exception cref="OutOfMemoryException">The system has no memory.</exception>
    public SecretBuffer Rent(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, int.MaxValue);
        int sizeClass = ClassOf(length);
        nint memory = 0;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_free[sizeClass] is { Count: > 0 } stack)
            {
                memory = stack.Pop();
                _idleBytes -= BytesOf(sizeClass);
            }
        }

        if (memory == 0)
        {
            memory = (nint)NativeMemory.AlignedAlloc((nuint)BytesOf(sizeClass), Alignment);
            NativeMemory.Clear((void*)memory, (nuint)BytesOf(sizeClass));
        }

        SecretBuffer buffer = new(this, (ulong*)memory, (int)length, sizeClass);
        lock (_lock)
        {
            if (!_disposed)
            {
                _outstanding.Add(buffer);
                _outstandingBytes += BytesOf(sizeClass);
                return buffer;
            }
        }

        NativeMemory.AlignedFree(buffer.Detach());
        throw new ObjectDisposedException(nameof(SecretBufferPool));
    }

    /// <summary>Gives the memory kept for later renters back to the system.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            FreeIdle();
        }

        NativeHeap.Trim();
    }

    /// <summary>Zeroes and frees all memory, also that of buffers still outstanding, whose further use throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (SecretBuffer buffer in _outstanding)
            {
                ulong* memory = buffer.Detach();
                NativeMemory.Clear(memory, (nuint)buffer.Length * sizeof(ulong));
                NativeMemory.AlignedFree(memory);
            }

            _outstanding.Clear();
            _outstandingBytes = 0;
            FreeIdle();
        }
    }

    internal void Return(SecretBuffer buffer)
    {
        ulong* memory;
        lock (_lock)
        {
            memory = buffer.Detach();
            if (memory == null)
            {
                return;
            }

            _outstanding.Remove(buffer);
            _outstandingBytes -= BytesOf(buffer.SizeClass);
        }

        NativeMemory.Clear(memory, (nuint)buffer.Length * sizeof(ulong));
        lock (_lock)
        {
            if (!_disposed && _idleBytes + BytesOf(buffer.SizeClass) <= MaxIdleBytes)
            {
                (_free[buffer.SizeClass] ??= new()).Push((nint)memory);
                _idleBytes += BytesOf(buffer.SizeClass);
                return;
            }
        }

        NativeMemory.AlignedFree(memory);
    }

    /// <summary>The bytes that a buffer of so many words takes: there are four sizes in each power of two.</summary>
    /// <param name="length">The number of words.</param>
    /// <returns>The number of bytes.</returns>
    public static long BytesFor(long length) => BytesOf(ClassOf(length));

    private static int ClassOf(long length)
    {
        if (length <= 1L << SmallestLog2)
        {
            return 0;
        }

        int log2 = BitOperations.Log2((ulong)length - 1);
        long quarter = 1L << (log2 - 2);
        return 4 * (log2 - SmallestLog2) + (int)((length - 1) / quarter) - 3;
    }

    private static long BytesOf(int sizeClass) => sizeof(ulong) * ((4L + sizeClass % 4) << (sizeClass / 4 + SmallestLog2 - 2));

    private void FreeIdle()
    {
        foreach (Stack<nint>? stack in _free)
        {
            while (stack is { Count: > 0 })
            {
                NativeMemory.AlignedFree((void*)stack.Pop());
            }
        }

        _idleBytes = 0;
    }
}
