namespace SecureTransformer.Transport;

internal enum FaultKind
{
    Closed,
    Broken,
    Protocol,
    LocalAbort,
    Disposed,
}

/// <summary>Why a channel ended. Each call that meets it throws an exception of its own.</summary>
internal sealed class Fault(FaultKind kind, string message, Exception? cause = null)
{
    internal FaultKind Kind => kind;

    internal Exception ToException() => kind switch
    {
        FaultKind.Closed or FaultKind.Broken => cause is null ? new PeerLostException(message) : new PeerLostException(message, cause),
        FaultKind.Protocol => cause is null ? new ProtocolException(message) : new ProtocolException(message, cause),
        FaultKind.Disposed => new ObjectDisposedException(nameof(IChannel), message),
        _ => new InvalidOperationException(message),
    };
}
