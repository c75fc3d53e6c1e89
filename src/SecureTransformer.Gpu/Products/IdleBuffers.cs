using System.Numerics;

namespace SecureTransformer.Gpu.Products;

/// <summary>
/// Buffers of a few sizes that are used again, since drivers take long to make them. Whoever gives one back has had it overwritten with zeros.
/// </summary>
internal sealed class IdleBuffers<T>(Func<long, T> create, long mostIdleBytes) : IDisposable
    where T : class, IDisposable
{
    private const int LeastBytes = 1 << 12;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Stack<T>> _idle = [];
    private long _idleBytes;
    private bool _disposed;

    internal T Rent(long bytes)
    {
        long size = SizeFor(bytes);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryGetValue(size, out Stack<T>? stack) && stack.TryPop(out T? buffer))
            {
                _idleBytes -= size;
                return buffer;
            }
        }

        try
        {
            return create(size);
        }
        catch (OpenClException)
        {
            // What lies idle may be what is missing.
            Trim();
            return create(size);
        }
    }

    internal void Return(T buffer, long bytes)
    {
        long size = SizeFor(bytes);
        lock (_lock)
        {
            if (!_disposed && _idleBytes + size <= mostIdleBytes)
            {
                _idleBytes += size;
                if (!_idle.TryGetValue(size, out Stack<T>? stack))
                {
                    _idle[size] = stack = [];
                }

                stack.Push(buffer);
                return;
            }
        }

        buffer.Dispose();
    }

    internal void Trim()
    {
        lock (_lock)
        {
            foreach (T buffer in _idle.Values.SelectMany(s => s))
            {
                buffer.Dispose();
            }

            _idle.Clear();
            _idleBytes = 0;
        }
    }

    public void Dispose()
    {
        Trim();
        lock (_lock)
        {
            _disposed = true;
        }
    }

    // Four sizes to an octave: at most a quarter is wasted.
    internal static long SizeFor(long bytes)
    {
        long least = Math.Max(bytes, LeastBytes);
        long step = Math.Max(1L << (BitOperations.Log2((ulong)(least - 1)) - 2), 1024);
        return (least + step - 1) / step * step;
    }
}
