namespace SecureTransformer.Transport;

/// <summary>A frame that a party is about to send, as <see cref="ChannelFaults"/> chooses it by: all of it public.</summary>
public readonly record struct OutgoingFrame
{
    /// <summary>The number of the session among those that the party has taken part in since the faults were attached, from 0.</summary>
    public required int Session { get; init; }

    /// <summary>The receiver's place; null for a client.</summary>
    public required int? Peer { get; init; }

    /// <summary>What the frame is for.</summary>
    public required ushort Operation { get; init; }

    /// <summary>The number of frames that the party has sent over this link before.</summary>
    public required long Sequence { get; init; }

    /// <summary>The number of frames of this operation that the party has sent over this link before.</summary>
    public required long Number { get; init; }

    /// <summary>Payload bytes.</summary>
    public required int Length { get; init; }
}
