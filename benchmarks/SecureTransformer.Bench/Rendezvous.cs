using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The rendezvous of parties in one process.</summary>
internal sealed class Rendezvous(int count) : IRendezvous
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<int> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;
    private int _latest;

    public async Task BeginAsync(MpcSession session) => session.Meter.RecordReceived(await WaitAsync(session.Meter.Clock));

    public Task EndAsync() => WaitAsync(0);

    /// <summary>Waits for all; the largest of their clocks.</summary>
    private Task<int> WaitAsync(int clock)
    {
        lock (_gate)
        {
            TaskCompletionSource<int> current = _all;
            _latest = Math.Max(_latest, clock);
            if (++_arrived == count)
            {
                _all = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                current.SetResult(_latest);
                (_arrived, _latest) = (0, 0);
            }

            return current.Task;
        }
    }
}
