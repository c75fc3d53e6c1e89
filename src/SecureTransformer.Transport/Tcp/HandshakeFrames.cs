namespace SecureTransformer.Transport;

/// <summary>The few frames before a channel exists.</summary>
internal static class HandshakeFrames
{
    internal static async Task WriteAsync(Stream stream, ulong tag, ushort operation, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(tag, 0, operation, 0, payload.Length).Write(bytes);
        payload.Span.CopyTo(bytes.AsSpan(FrameHeader.Size));
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads one frame of at most 256 bytes.</summary>
    /// <exception cref="ProtocolException">What came is no such frame; the message goes on from the sender's name.</exception>
    /// <exception cref="EndOfStreamException">The connection ended first.</exception>
    internal static async Task<(FrameHeader Header, byte[] Payload)> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] head = new byte[FrameHeader.Size];
        await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        FrameHeader header = FrameHeader.Read(head, out string? complaint);
        if (complaint is null && header.Length > PublicText.MaxLength)
        {
            complaint = $"a greeting of {header.Length} bytes";
        }

        if (complaint is not null)
        {
            throw new ProtocolException($"sent {complaint}");
        }

        byte[] payload = new byte[header.Length];
        await stream.ReadExactlyAsync(payload, cancellationToken).ConfigureAwait(false);
        return (header, payload);
    }

    internal static async Task RefuseAsync(Stream stream, ulong tag, string text, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[PublicText.MaxLength];
        int length = PublicText.Encode(text, payload);
        await WriteAsync(stream, tag, Hello.RefusalOperation, payload.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
    }
}
