namespace SecureTransformer.Transport;

/// <summary>
/// One end of a link to one peer, within one session: frames arrive in the order they were sent, whole and authenticated,
/// or the channel fails. One send and one receive may be under way at a time; a send never waits for the peer, unless the sender asks to.
/// </summary>
public interface IChannel : IAsyncDisposable
{
    /// <summary>The longest payload of one frame: 16 MiB.</summary>
    public const int MaxFrameLength = 16 << 20;

    /// <summary>Operations from here on are the transport's own.</summary>
    public const ushort FirstReservedOperation = 0xFF00;

    /// <summary>The peer as errors name it: "party 1", "client 3f2a".</summary>
    string PeerName { get; }

    /// <summary>The meter of this endpoint's session, shared by all its channels.</summary>
    TrafficMeter Meter { get; }

    /// <summary>Whether the link has ended: the peer, the network or this end ended it. What has arrived before may still be received.</summary>
    bool HasEnded { get; }

    /// <summary>A pooled frame to be filled and sent. Its content is undefined at first.</summary>
    /// <param name="length">Payload bytes, at most <see cref="MaxFrameLength"/>.</param>
    /// <returns>The frame; <see cref="Send"/> it or dispose it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or too large.</exception>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    FrameBuffer Rent(int length);

    /// <summary>Queues a frame and returns; it takes the frame over, also when it throws.</summary>
    /// <param name="frame">A frame from <see cref="Rent"/>, or one that was received.</param>
    /// <param name="operation">What the frame is for; the receiver must expect the same. Below <see cref="FirstReservedOperation"/>.</param>
    /// <exception cref="InvalidOperationException">More is queued than the options allow, or this end has aborted.</exception>
    /// <exception cref="PeerLostException">The connection is closed or broken.</exception>
    /// <exception cref="ProtocolException">The peer ended the session or broke the protocol.</exception>
    /// <exception cref="ObjectDisposedException">The channel or the frame was disposed.</exception>
    void Send(FrameBuffer frame, ushort operation);

    /// <summary>
    /// Completes when little is queued: less than the options let a peer read ahead, and than half of what they let a link queue. For a sender of more than that, who lets
    /// a slow peer hold it up; between parties that send to each other at once, one that waits can wait for itself.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PeerTimeoutException">The peer takes nothing within the time-out.</exception>
    /// <exception cref="ProtocolException">The peer ended the session or broke the protocol.</exception>
    /// <exception cref="PeerLostException">The connection is closed or broken.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A wait is already pending, or this end has aborted.</exception>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default);

    /// <summary>The next frame, which must have exactly this operation and length. Await once; one receive at a time.</summary>
    /// <param name="operation">The operation expected.</param>
    /// <param name="length">The payload length expected.</param>
    /// <param name="cancellationToken">Ends the wait and consumes nothing.</param>
    /// <returns>The frame; the caller disposes it.</returns>
    /// <exception cref="ProtocolException">Something else came, or the peer ended the session.</exception>
    /// <exception cref="PeerTimeoutException">Nothing came within the time-out.</exception>
    /// <exception cref="PeerLostException">The connection is closed or broken.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A receive is already pending, or this end has aborted.</exception>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    ValueTask<FrameBuffer> ReceiveAsync(ushort operation, int length, CancellationToken cancellationToken = default);

    /// <summary>The next frame, which must have this operation and at most this length: for control messages.</summary>
    /// <param name="operation">The operation expected.</param>
    /// <param name="maxLength">The largest payload length allowed.</param>
    /// <param name="cancellationToken">Ends the wait and consumes nothing.</param>
    /// <returns>The frame; the caller disposes it.</returns>
    /// <exception cref="ProtocolException">Something else came, or the peer ended the session.</exception>
    /// <exception cref="PeerTimeoutException">Nothing came within the time-out.</exception>
    /// <exception cref="PeerLostException">The connection is closed or broken.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A receive is already pending, or this end has aborted.</exception>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    ValueTask<FrameBuffer> ReceiveAtMostAsync(ushort operation, int maxLength, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the session on this link and tells the peer why. Frames not yet sent are dropped; the peer may still consume
    /// those that have reached it. Does nothing on a channel that has already failed.
    /// </summary>
    /// <param name="reason">A fixed public text; cut at 256 characters of printable ASCII.</param>
    void Abort(string reason);
}
