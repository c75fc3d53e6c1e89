using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Shares from somebody who is no party: taken as a tensor, or kept as they came and restored. See <see cref="ReplicatedCodec"/> for the frames.</content>
public sealed partial class ReplicatedSession
{
    /// <summary>The place of this party's components that comes first: seeds come before words.</summary>
    private int FirstPlace => ReplicatedSharing.IsSeeded(ReplicatedSharing.ComponentOf(PartyId, 0)) ? 0 : 1;

    /// <inheritdoc/>
    /// <remarks>Neighbours compare digests of the component they both got: two rounds, 96 bytes more.</remarks>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(result);
        return TakeAsync(source, result.Shape.Count, result, null, cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        return TakeAsync(source, count, null, destination, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void RestoreCore(IShareReader source, int start, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> seed = stackalloc byte[ShareSeeds.ByteCount];
        long offset = 0;
        try
        {
            foreach (int place in (ReadOnlySpan<int>)[FirstPlace, 1 - FirstPlace])
            {
                if (IsSeeded(place))
                {
                    source.Read(offset, seed);
                    ShareSeeds.Expand(seed, start, Shares(result, place));
                    offset += ShareSeeds.ByteCount;
                }
                else
                {
                    KeptWords.Read(source, offset + ((long)start * sizeof(ulong)), Shares(result, place));
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private bool IsSeeded(int place) => ReplicatedSharing.IsSeeded(ReplicatedSharing.ComponentOf(PartyId, place));

    /// <summary>Receives both components into a tensor or a writer, and compares them with the neighbours'.</summary>
    private async ValueTask TakeAsync(IChannel source, int count, SecretTensor? result, IShareWriter? writer, CancellationToken cancellationToken)
    {
        var digests = new byte[2][];
        int first = FirstPlace;
        digests[first] = await TakeComponentAsync(source, first, count, result, writer, cancellationToken).ConfigureAwait(false);
        digests[1 - first] = await TakeComponentAsync(source, 1 - first, count, result, writer, cancellationToken).ConfigureAwait(false);

        // Each component stands at two parties. A client who gave them different ones could make its answer depend on single shares of the weights.
        FrameBuffer own = Next.Rent(SHA256.HashSizeInBytes);
        digests[1].CopyTo(own.Span);
        Next.Send(own, Operations.ImportDigest);
        using FrameBuffer theirs = await AwaitDigestAsync((count + Chunks.Size - 1) / Chunks.Size, cancellationToken).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(digests[0], theirs.Span))
        {
            throw new ProtocolException($"{source.PeerName} gave this party and {Previous.PeerName} shares that do not belong together.");
        }
    }

    /// <summary>
    /// The neighbour's digest. Who gets only seeds is done at once, while the others may receive words over a slow link: they have the time-out for each frame, and give up
    /// themselves when one does not come.
    /// </summary>
    private async ValueTask<FrameBuffer> AwaitDigestAsync(int frames, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await Previous.ReceiveAsync(Operations.ImportDigest, SHA256.HashSizeInBytes, cancellationToken).ConfigureAwait(false);
            }
            catch (PeerTimeoutException) when (--frames >= 0)
            {
            }
        }
    }

    /// <summary>Receives a component as a seed or as words; the digest of what was received.</summary>
    private async ValueTask<byte[]> TakeComponentAsync(
        IChannel source, int place, int count, SecretTensor? result, IShareWriter? writer, CancellationToken cancellationToken)
    {
        if (IsSeeded(place))
        {
            using FrameBuffer seed = await source.ReceiveAsync(Operations.Import, ShareSeeds.ByteCount, cancellationToken).ConfigureAwait(false);
            writer?.Write(seed.Span);
            if (result is not null)
            {
                ShareSeeds.Expand(seed.Span, 0, Shares(result, place));
            }

            return SHA256.HashData(seed.Span);
        }

        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await source.ReceiveAsync(Operations.Import, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            writer?.Write(frame.Span);
            if (result is not null)
            {
                frame.Words.CopyTo(Shares(result, place)[start..]);
            }

            digest.AppendData(frame.Span);
        }

        return digest.GetHashAndReset();
    }
}
