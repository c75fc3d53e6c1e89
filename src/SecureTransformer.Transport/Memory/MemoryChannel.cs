namespace SecureTransformer.Transport;

/// <summary>An end of a link within one process: frames pass to the peer's inbox as they are, without a copy.</summary>
internal sealed class MemoryChannel : LinkChannel
{
    private MemoryChannel? _peer;

    private MemoryChannel(LinkInfo info, TrafficMeter meter, FramePool pool, TransportOptions options, EmulatedLink? emulated)
        : base(info, meter, pool, options, emulated)
    {
    }

    /// <summary>What a TCP link would hold at both ends together.</summary>
    protected override long QueueLimit => Options.MaxQueuedBytes + Options.ReadAheadBytes;

    internal static (MemoryChannel First, MemoryChannel Second) CreatePair(
        SessionId session, string first, TrafficMeter firstMeter, string second, TrafficMeter secondMeter,
        FramePool pool, TransportOptions options, NetworkEmulator? emulator, bool isFirstClient = false, bool isSecondDealer = false)
    {
        MemoryChannel a = new(new LinkInfo(session, first, second, IsPeerDealer: isSecondDealer), firstMeter, pool, options, emulator?.Link(first, second));
        MemoryChannel b = new(new LinkInfo(session, second, first, IsPeerClient: isFirstClient), secondMeter, pool, options, emulator?.Link(second, first));
        a._peer = b;
        b._peer = a;
        return (a, b);
    }

    internal override void Transmit(in Frame frame)
    {
        switch (frame.Operation)
        {
            case Frame.CloseOperation:
                CutCore();
                break;
            case Frame.AbortOperation:
                string reason = PublicText.Decode(frame.Block!.Payload(frame.Length));
                frame.Release();
                _peer!.Inbox.End(new Fault(FaultKind.Protocol, $"{_peer.Description} ended the session: {reason}"));
                break;
            default:
                if (!_peer!.Inbox.Add(frame))
                {
                    OnLeft(frame.Length);
                }

                break;
        }
    }

    internal override void OnConsumed(int length) => _peer!.OnLeft(length);

    protected override void CutCore() => _peer!.Inbox.End(new Fault(FaultKind.Closed, $"{_peer.Description} closed the connection."));

    protected override ValueTask CloseAsync()
    {
        Dispatch(Frame.Close);
        return ValueTask.CompletedTask;
    }
}
