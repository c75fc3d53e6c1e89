using System.Diagnostics;

namespace SecureTransformer.Transport;

/// <summary>
/// Releases the frames of an emulated network at their time, from one dedicated thread: it sleeps to within a millisecond
/// and a half of the next release (a timer of the runtime is late by milliseconds), then by shorter sleeps, and yields in a loop for the rest.
/// </summary>
internal sealed class NetworkEmulator : IDisposable
{
    private static readonly long SpinTicks = Stopwatch.Frequency * 3 / 2000;

    private readonly Lock _linksGate = new();
    private readonly object _gate = new();
    private readonly Dictionary<(string From, string To), EmulatedLink> _links = [];
    private readonly PriorityQueue<(LinkChannel Channel, Frame Frame), (long Release, long Order)> _queue = new();
    private readonly Thread _thread;
    private long _order;
    private long _nextRelease = long.MaxValue;
    private bool _stopped;

    internal NetworkEmulator(NetworkConditions conditions)
    {
        Conditions = conditions;
        _thread = new Thread(Run) { IsBackground = true, Name = "network emulation" };
        _thread.Start();
    }

    internal NetworkConditions Conditions { get; }

    internal EmulatedLink Link(string from, string to)
    {
        lock (_linksGate)
        {
            if (!_links.TryGetValue((from, to), out EmulatedLink? link))
            {
                link = new EmulatedLink(this);
                _links.Add((from, to), link);
            }

            return link;
        }
    }

    internal void Enqueue(long release, LinkChannel channel, in Frame frame)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                frame.Release();
                return;
            }

            _queue.Enqueue((channel, frame), (release, _order++));
            if (release < _nextRelease)
            {
                Volatile.Write(ref _nextRelease, release);
                Monitor.Pulse(_gate);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        while (_queue.TryDequeue(out (LinkChannel Channel, Frame Frame) item, out _))
        {
            item.Frame.Release();
        }
    }

    private void Run()
    {
        while (true)
        {
            (LinkChannel Channel, Frame Frame) due;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                if (!_queue.TryPeek(out due, out (long Release, long Order) key))
                {
                    _nextRelease = long.MaxValue;
                    Monitor.Wait(_gate);
                    continue;
                }

                Volatile.Write(ref _nextRelease, key.Release);
                long ahead = key.Release - Stopwatch.GetTimestamp();
                if (ahead > SpinTicks)
                {
                    Monitor.Wait(_gate, (int)Math.Clamp((ahead - SpinTicks) * 1000 / Stopwatch.Frequency, 1, 60_000));
                    continue;
                }

                if (ahead <= 0)
                {
                    _queue.Dequeue();
                }
                else
                {
                    due = default;
                }
            }

            if (due.Channel is not null)
            {
                due.Channel.Transmit(due.Frame);
                continue;
            }

            while (!Volatile.Read(ref _stopped))
            {
                long now = Stopwatch.GetTimestamp();
                long release = Volatile.Read(ref _nextRelease);
                if (release <= now)
                {
                    break;
                }

                // No frame that comes meanwhile is due before the delay is over.
                TimeSpan sleep = Stopwatch.GetElapsedTime(now, release) - ShortSleep.Lateness;
                sleep = sleep < Conditions.OneWayDelay ? sleep : Conditions.OneWayDelay;
                if (sleep > TimeSpan.Zero)
                {
                    ShortSleep.For(sleep);
                }
                else
                {
                    Thread.Yield();
                }
            }
        }
    }
}
