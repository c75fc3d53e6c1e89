namespace SecureTransformer.Transport;

/// <summary>How many bytes one channel has queued for sending, and the one sender that may wait until it is few.</summary>
/// <param name="lowMark">What counts as few.</param>
internal sealed class SendQueue(long lowMark)
{
    private readonly Lock _gate = new();
    private long _bytes;
    private TaskCompletionSource? _room;

    internal long Bytes => Interlocked.Read(ref _bytes);

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal void Remove(long bytes)
    {
        if (Interlocked.Add(ref _bytes, -bytes) <= lowMark)
        {
            Wake();
        }
    }

    /// <summary>Lets the waiting sender look again: there is room, or the channel has ended.</summary>
    internal void Wake()
    {
        // The common case, of a channel whose sender does not wait, takes no lock. A wait that begins meanwhile looks at the bytes once more.
        if (Volatile.Read(ref _room) is null)
        {
            return;
        }

        TaskCompletionSource? room;
        lock (_gate)
        {
            (room, _room) = (_room, null);
        }

        room?.TrySetResult();
    }

    /// <summary>A task that completes at the next <see cref="Wake"/>; null if there is room already.</summary>
    /// <exception cref="InvalidOperationException">A wait is already pending.</exception>
    internal Task? Room(string peer)
    {
        TaskCompletionSource room = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_room is not null)
            {
                throw new InvalidOperationException($"A wait for room in the queue to {peer} is already pending.");
            }

            Volatile.Write(ref _room, room);
            Interlocked.MemoryBarrier();
            if (Bytes > lowMark)
            {
                return room.Task;
            }

            _room = null;
            return null;
        }
    }

    /// <summary>Gives the wait up.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            _room = null;
        }
    }
}
