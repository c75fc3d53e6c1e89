using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SecureTransformer.Transport;

/// <summary>Bounds, time-outs and experiments of a network.</summary>
public sealed class TransportOptions
{
    /// <summary>How long a receive waits for a frame; 60 s. For one of the dealer four fifths of it: whoever waits for the dealer says so before others give up waiting for them.</summary>
    public TimeSpan ReceiveTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long opening a session or connecting to a party may take, waiting for it to start included; 30 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a newcomer may take for TLS and its first frame; 10 s. One that sends nothing at all is given 3 s at most.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long closing waits for queued frames to leave; 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many received bytes a link holds before its program asks for them; 64 MiB. A frame counts as the memory it takes, a short one too.</summary>
    public long ReadAheadBytes { get; init; } = 64L << 20;

    /// <summary>How many bytes a link queues for sending; 1 GiB. Beyond it, sending throws. A frame counts as the memory it takes.</summary>
    public long MaxQueuedBytes { get; init; } = 1L << 30;

    /// <summary>How many sessions a party has open at once; 64.</summary>
    public int MaxSessions { get; init; } = 64;

    /// <summary>How many client connections a party has open at once; 64.</summary>
    public int MaxClients { get; init; } = 64;

    /// <summary>
    /// How many newcomers may be in their handshake at once, a quarter of them from one address; 64, and as many from the addresses of parties.
    /// Beyond it, the oldest that sends nothing or is slow is closed for the next; if there is none such, the next is closed unanswered.
    /// </summary>
    public int MaxPendingHandshakes { get; init; } = 64;

    /// <summary>The address to listen on; by default loopback if the party's host is a loopback address, else any.</summary>
    public IPAddress? ListenAddress { get; init; }

    /// <summary>Emulated delay and bandwidth; none by default.</summary>
    public NetworkConditions? Conditions { get; init; }

    /// <summary>The clock of the time-outs.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where connection events go: names and addresses, never payloads.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Sees every frame sent; for tests.</summary>
    public FrameObserver? FrameObserver { get; init; }

    /// <summary>Checks all properties.</summary>
    /// <exception cref="ArgumentException">A property is out of range; the message names it.</exception>
    public void Validate()
    {
        CheckTime(ReceiveTimeout, nameof(ReceiveTimeout));
        CheckTime(ConnectTimeout, nameof(ConnectTimeout));
        CheckTime(HandshakeTimeout, nameof(HandshakeTimeout));
        CheckTime(CloseTimeout, nameof(CloseTimeout));
        CheckCount(ReadAheadBytes, nameof(ReadAheadBytes));
        CheckCount(MaxQueuedBytes, nameof(MaxQueuedBytes));
        CheckCount(MaxSessions, nameof(MaxSessions));
        CheckCount(MaxClients, nameof(MaxClients));
        CheckCount(MaxPendingHandshakes, nameof(MaxPendingHandshakes));
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Logger);
        Conditions?.Validate();
    }

    private static void CheckTime(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(name, value, "A time-out is above zero and at most one day.");
        }
    }

    private static void CheckCount(long value, string name)
    {
        if (value < 1)
        {
            throw new ArgumentOutOfRangeException(name, value, "A bound is at least one.");
        }
    }
}
