using System.Runtime.ExceptionServices;

namespace SecureTransformer.Protocols;

/// <summary>
/// Work on the elements of one frame, cut into runs that several threads take until none is left. The calling thread takes part, and waits only for runs that others have begun,
/// never for a thread to come: where the pool is busy it does everything itself.
/// </summary>
internal sealed class ParallelRuns : IThreadPoolWorkItem
{
    private readonly Action<int, int> _body;
    private readonly int _length;
    private readonly int _size;
    private readonly int _count;
    private readonly object _ended = new();
    private int _taken;
    private int _done;
    private ExceptionDispatchInfo? _failure;

    private ParallelRuns(int length, int size, Action<int, int> body)
    {
        _body = body;
        _length = length;
        _size = size;
        _count = (length + size - 1) / size;
    }

    /// <summary>Calls the body for runs that cover all elements once: on the calling thread in one run, or on several threads at once.</summary>
    /// <param name="degree">The most threads.</param>
    /// <param name="length">The number of elements.</param>
    /// <param name="grain">Runs start at multiples of it and are no shorter, but for the last.</param>
    /// <param name="body">Is given the first element of a run and their number.</param>
    public static void Invoke(int degree, int length, int grain, Action<int, int> body)
    {
        if (degree == 1 || length <= grain)
        {
            if (length > 0)
            {
                body(0, length);
            }

            return;
        }

        // Two runs a thread, so that one who comes late or is interrupted holds nobody up for long.
        int grains = (length + grain - 1) / grain;
        int size = (grains + (2 * degree) - 1) / (2 * degree) * grain;
        var runs = new ParallelRuns(length, size, body);
        for (int i = Math.Min(degree, runs._count) - 1; i > 0; i--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(runs, preferLocal: false);
        }

        ((IThreadPoolWorkItem)runs).Execute();
        runs.Wait();
        runs._failure?.Throw();
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int run = Interlocked.Increment(ref _taken) - 1; run < _count; run = Interlocked.Increment(ref _taken) - 1)
        {
            try
            {
                _body(run * _size, Math.Min(_size, _length - (run * _size)));
            }
            catch (Exception error)
            {
                _failure = ExceptionDispatchInfo.Capture(error);
            }

            if (Interlocked.Increment(ref _done) == _count)
            {
                lock (_ended)
                {
                    Monitor.PulseAll(_ended);
                }
            }
        }
    }

    /// <summary>The others are in the midst of runs that are short: spins first.</summary>
    private void Wait()
    {
        SpinWait spin = default;
        while (Volatile.Read(ref _done) < _count && !spin.NextSpinWillYield)
        {
            spin.SpinOnce();
        }

        lock (_ended)
        {
            while (Volatile.Read(ref _done) < _count)
            {
                Monitor.Wait(_ended);
            }
        }
    }
}
