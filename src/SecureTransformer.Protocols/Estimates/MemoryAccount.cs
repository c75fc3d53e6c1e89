using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Estimates;

/// <summary>Keeps account of what a dry run would have in memory, with the sizes and the reuse of <see cref="SecretBufferPool"/>.</summary>
internal sealed class MemoryAccount
{
    private readonly Dictionary<long, int> _free = [];
    private long _live;
    private long _idle;

    /// <summary>The most bytes of tensors that were alive at once.</summary>
    public long PeakLive { get; private set; }

    /// <summary>The most bytes that were alive, or kept for later tensors, at once, without matrices.</summary>
    public long PeakPool { get; private set; }

    /// <summary>Bytes of arranged matrices at present.</summary>
    public long Matrices { get; private set; }

    public void Pack(long bytes) => Matrices += bytes;

    /// <summary>Counts the buffer of a tensor that is alive as that of a matrix; less than nothing: no longer.</summary>
    public void Keep(long bytes)
    {
        Matrices += bytes;
        _live -= bytes;
    }

    /// <summary>Takes the buffers of one tensor; the result gives them back.</summary>
    public Action Rent(long words, int buffers)
    {
        long bytes = SecretBufferPool.BytesFor(words);
        for (int i = 0; i < buffers; i++)
        {
            if (_free.GetValueOrDefault(bytes) > 0)
            {
                _free[bytes]--;
                _idle -= bytes;
            }

            _live += bytes;
        }

        PeakLive = Math.Max(PeakLive, _live);
        PeakPool = Math.Max(PeakPool, _live + _idle);
        return () =>
        {
            for (int i = 0; i < buffers; i++)
            {
                _live -= bytes;
                if (_idle + bytes <= SecretBufferPool.MaxIdleBytes)
                {
                    _free[bytes] = _free.GetValueOrDefault(bytes) + 1;
                    _idle += bytes;
                }
            }
        };
    }

    /// <summary>Gives what is kept back.</summary>
    public void Trim()
    {
        _free.Clear();
        _idle = 0;
    }
}
