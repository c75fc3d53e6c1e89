namespace SecureTransformer.Bench;

/// <summary>Lets all parties go on together, so that none starts the clock early.</summary>
internal sealed class Rendezvous(int count)
{
    private TaskCompletionSource<int> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;
    private int _latest;

    /// <summary>Waits for all; the largest of their clocks.</summary>
    public Task<int> WaitAsync(int clock)
    {
        lock (this)
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
