namespace SecureTransformer.Transport;

/// <summary>
/// Sees every frame as it is sent, on the sender's thread: for tests of sizes, order and distribution. Payloads are
/// shares; an observer that keeps them must not leave a test.
/// </summary>
/// <param name="frame">The frame, valid during the call.</param>
public delegate void FrameObserver(in ObservedFrame frame);

/// <summary>A frame as a <see cref="FrameObserver"/> sees it.</summary>
public readonly ref struct ObservedFrame
{
    /// <summary>The session.</summary>
    public required SessionId SessionId { get; init; }

    /// <summary>The sender: "party 0", "client 3f2a".</summary>
    public required string From { get; init; }

    /// <summary>The receiver.</summary>
    public required string To { get; init; }

    /// <summary>The operation.</summary>
    public required ushort Operation { get; init; }

    /// <summary>The phase that the frame was charged to.</summary>
    public required TrafficPhase Phase { get; init; }

    /// <summary>The clock stamp.</summary>
    public required int Clock { get; init; }

    /// <summary>The payload.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }
}
