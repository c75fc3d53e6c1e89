using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>Comparing public bytes between parties.</summary>
internal static class Agreement
{
    /// <summary>Sends a digest to every peer and compares it with theirs. One round.</summary>
    /// <exception cref="ProtocolException">A peer has another; the message names it.</exception>
    public static async ValueTask CompareAsync(IEnumerable<IChannel> peers, string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        IChannel[] all = [.. peers];
        foreach (IChannel peer in all)
        {
            FrameBuffer own = peer.Rent(digest.Length);
            digest.Span.CopyTo(own.Span);
            peer.Send(own, Operations.Agree);
        }

        foreach (IChannel peer in all)
        {
            using FrameBuffer theirs = await peer.ReceiveAsync(Operations.Agree, digest.Length, cancellationToken).ConfigureAwait(false);
            if (!theirs.Span.SequenceEqual(digest.Span))
            {
                throw new ProtocolException($"{peer.PeerName} and this party do not have the same {what}.");
            }
        }
    }
}
