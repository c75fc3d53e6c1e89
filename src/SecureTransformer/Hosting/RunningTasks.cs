namespace SecureTransformer.Hosting;

/// <summary>What a host serves at the moment, so that its end can wait for it.</summary>
internal sealed class RunningTasks
{
    private readonly HashSet<Task> _running = [];

    /// <summary>Keeps a task until it ends.</summary>
    public void Add(Task task)
    {
        lock (_running)
        {
            _running.Add(task);
        }

        _ = task.ContinueWith(
            finished =>
            {
                lock (_running)
                {
                    _running.Remove(finished);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Ends when all that run now have ended.</summary>
    public Task AllAsync()
    {
        lock (_running)
        {
            return Task.WhenAll(_running);
        }
    }
}
