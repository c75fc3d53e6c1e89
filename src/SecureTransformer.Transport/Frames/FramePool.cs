using System.Numerics;

namespace SecureTransformer.Transport;

/// <summary>
/// Frame memory, such as that of one network: size classes 2^k and 3 * 2^(k-1) from 64 bytes to 16 MiB. What is returned is zeroed
/// and kept up to a bound in total; the rest goes to the garbage collector.
/// </summary>
public sealed class FramePool
{
    private const int SmallestLog = 6;
    private const int Classes = 2 * (24 - SmallestLog) + 1;
    private const long MaxRetainedBytes = 256L << 20;

    private readonly Lock _gate = new();
    private readonly Stack<FrameBlock>[] _free = new Stack<FrameBlock>[Classes];
    private long _retainedBytes;
    private long _outstanding;

    /// <summary>Makes an empty pool.</summary>
    public FramePool()
    {
        for (int i = 0; i < Classes; i++)
        {
            _free[i] = new Stack<FrameBlock>();
        }
    }

    internal long Outstanding => Interlocked.Read(ref _outstanding);

    /// <summary>The memory that a frame of this length takes, with what goes with its block.</summary>
    internal static int FootprintOf(int length) => CapacityOf(ClassOf(length)) + FrameBlock.Overhead;

    /// <summary>Memory for a payload, zeroed when it is disposed.</summary>
    /// <param name="length">Payload bytes.</param>
    public FrameBuffer Rent(int length) => new(RentBlock(length), length);

    internal FrameBlock RentBlock(int length)
    {
        int sizeClass = ClassOf(length);
        lock (_gate)
        {
            _outstanding++;
            if (_free[sizeClass].TryPop(out FrameBlock? block))
            {
                _retainedBytes -= block.Capacity + FrameBlock.Overhead;
                return block;
            }
        }

        return new FrameBlock(this, sizeClass, CapacityOf(sizeClass));
    }

    internal void Return(FrameBlock block, int usedLength)
    {
        block.Payload(usedLength).Clear();
        lock (_gate)
        {
            _outstanding--;
            if (_retainedBytes + block.Capacity + FrameBlock.Overhead <= MaxRetainedBytes)
            {
                _retainedBytes += block.Capacity + FrameBlock.Overhead;
                _free[block.SizeClass].Push(block);
            }
        }
    }

    internal static int CapacityOf(int sizeClass)
    {
        int power = 1 << (SmallestLog + (sizeClass / 2));
        return sizeClass % 2 == 0 ? power : power + (power / 2);
    }

    internal static int ClassOf(int length)
    {
        if (length <= 1 << SmallestLog)
        {
            return 0;
        }

        int log = BitOperations.Log2((uint)(length - 1));
        int power = 1 << log;
        return (2 * (log - SmallestLog)) + (length <= power + (power / 2) ? 1 : 2);
    }
}
