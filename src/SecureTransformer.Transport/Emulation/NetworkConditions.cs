namespace SecureTransformer.Transport;

/// <summary>
/// What an emulated network does to frames, for experiments. A frame leaves its link when the frames before it have left
/// and its own bits are through, and arrives one delay later. A link is one direction between two endpoints, shared by
/// all their sessions.
/// </summary>
public sealed class NetworkConditions
{
    /// <summary>A local network: 5 Gbit/s (PUMA, arXiv 2307.12533, section 5) and 0.2 ms each way.</summary>
    public static NetworkConditions Lan { get; } = new() { OneWayDelay = TimeSpan.FromMicroseconds(200), BitsPerSecond = 5_000_000_000 };

    /// <summary>A wide-area network: 400 Mbit/s and 20 ms each way.</summary>
    public static NetworkConditions Wan { get; } = new() { OneWayDelay = TimeSpan.FromMilliseconds(20), BitsPerSecond = 400_000_000 };

    /// <summary>The time a bit travels; zero by default.</summary>
    public TimeSpan OneWayDelay { get; init; }

    /// <summary>The capacity of one direction of a link; unbounded by default. Headers of frames count, those of TLS and TCP do not.</summary>
    public long BitsPerSecond { get; init; } = long.MaxValue;

    internal void Validate()
    {
        if (OneWayDelay < TimeSpan.Zero || OneWayDelay > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentOutOfRangeException(nameof(OneWayDelay), OneWayDelay, "A delay is between zero and one minute.");
        }

        if (BitsPerSecond < 1000)
        {
            throw new ArgumentOutOfRangeException(nameof(BitsPerSecond), BitsPerSecond, "A bandwidth is at least 1000 bits a second.");
        }
    }
}
