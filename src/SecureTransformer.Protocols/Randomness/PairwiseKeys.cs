using System.Security.Cryptography;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Randomness;

/// <summary>Common randomness of every two parties of a session.</summary>
internal static class PairwiseKeys
{
    /// <summary>Makes a fresh key with each other party. One round.</summary>
    /// <param name="channels">The channels.</param>
    /// <param name="parties">The number of parties; places after theirs are no parties.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The streams in common with each party, by party; null for this one.</returns>
    public static async ValueTask<PairwiseRandomness?[]> AgreeAsync(ChannelSet channels, int parties, CancellationToken cancellationToken)
    {
        byte[][] keys = [.. Enumerable.Range(0, parties).Select(_ => RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize))];
        var pairs = new PairwiseRandomness?[parties];
        int[] peers = [.. Enumerable.Range(0, parties).Where(peer => peer != channels.PartyId)];
        foreach (int peer in peers)
        {
            FrameBuffer frame = channels[peer].Rent(PairwiseRandomness.KeySize);
            keys[peer].CopyTo(frame.Span);
            channels[peer].Send(frame, Operations.Keys);
        }

        foreach (int peer in peers)
        {
            // Both contribute, so that either one's randomness is enough.
            using FrameBuffer theirs = await channels[peer].ReceiveAsync(Operations.Keys, PairwiseRandomness.KeySize, cancellationToken).ConfigureAwait(false);
            System.Numerics.Tensors.TensorPrimitives.Xor<byte>(keys[peer], theirs.Span, keys[peer]);
            pairs[peer] = new PairwiseRandomness(keys[peer]);
            theirs.Span.Clear();
        }

        Array.ForEach(keys, key => CryptographicOperations.ZeroMemory(key));
        return pairs;
    }
}
