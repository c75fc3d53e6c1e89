namespace SecureTransformer.Transport;

/// <summary>What becomes of a payload that is to be wrong.</summary>
public enum WrongPayload
{
    /// <summary>All of it is replaced by pseudorandom bytes.</summary>
    Replaced,

    /// <summary>One pseudorandom bit of it is flipped.</summary>
    Flipped,
}

/// <summary>Changes a payload in place, in a way of one's own.</summary>
/// <param name="frame">The frame.</param>
/// <param name="payload">Its payload; it keeps its length.</param>
public delegate void PayloadChange(OutgoingFrame frame, Span<byte> payload);
