using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Input, reveal, import and export.</content>
public sealed partial class AdditiveSession
{
    private delegate Span<ulong> WordsOf();

    /// <inheritdoc/>
    /// <remarks>The others' shares are randomness in common with the owner: nothing is sent.</remarks>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        foreach ((int start, int length) in new Chunks(result.Shape.Count))
        {
            Span<ulong> share = Shares(result, 0).Slice(start, length);
            if (owner != PartyId)
            {
                _pairs[owner]!.Fill(Purpose.Input, share);
                continue;
            }

            FixedPointFormat.Encode(values.Span.Slice(start, length), share, result.FractionalBits, "input");
            using SecretBuffer mask = Pool.Rent(length);
            foreach (PairwiseRandomness? pair in _pairs)
            {
                if (pair is not null)
                {
                    pair.Fill(Purpose.Input, mask.Span);
                    RingKernels.SubtractInto<ulong>(share, mask.Span);
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>One round; 8 bytes an element from each party to each other that learns the values. A fresh zero share hides all but the sum.</remarks>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int count = x.Shape.Count;
        using SecretBuffer sum = Pool.Rent(count);
        Prepare();
        if (party is not null && party != PartyId)
        {
            return null;
        }

        for (int start = 0; start < count; start += Chunks.Size)
        {
            int at = start;
            int length = Math.Min(Chunks.Size, count - start);
            await AddReceivedAsync(Operations.Reveal, () => sum.Span.Slice(at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
        }

        var values = new double[count];
        FixedPointFormat.Decode(sum.Span, values, x.FractionalBits);
        return values;

        void Prepare()
        {
            foreach ((int start, int length) in new Chunks(count))
            {
                Span<ulong> part = sum.Span.Slice(start, length);
                Shares(x, 0).Slice(start, length).CopyTo(part);
                AddZeroShare(part);
                if (party is null)
                {
                    SendToAll(Operations.Reveal, part);
                }
                else if (party != PartyId)
                {
                    Send(_channels[party.Value], Operations.Reveal, part);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int words = Shares(x, 0).Length;
        using SecretBuffer sum = Pool.Rent(words);
        Prepare();
        for (int start = 0; start < words; start += Chunks.Size)
        {
            int at = start;
            int length = Math.Min(Chunks.Size, words - start);
            await AddReceivedAsync(Operations.RevealBits, () => sum.Span.Slice(at, length), length, xor: true, cancellationToken).ConfigureAwait(false);
        }

        return PlainWords.Bits(sum.Span, x);

        void Prepare()
        {
            using SecretBuffer mask = Pool.Rent(Math.Min(words, Chunks.Size));
            foreach ((int start, int length) in new Chunks(words))
            {
                Span<ulong> part = sum.Span.Slice(start, length);
                Shares(x, 0).Slice(start, length).CopyTo(part);
                foreach (PairwiseRandomness? pair in _pairs)
                {
                    if (pair is not null)
                    {
                        pair.Fill(Purpose.ZeroBits, mask.Span[..length]);
                        RingKernels.Xor<ulong>(part, mask.Span[..length], part);
                    }
                }

                SendToAll(Operations.RevealBits, part);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Everyone sends the digest to everyone: one round.</remarks>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) =>
        Agreement.CompareAsync(Peers, what, digest, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Each party sends its share plus a fresh zero share.</remarks>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(x);
        foreach ((int start, int length) in new Chunks(x.Shape.Count))
        {
            FrameBuffer frame = destination.Rent(length * sizeof(ulong));
            Shares(x, 0).Slice(start, length).CopyTo(frame.Words);
            AddZeroShare(frame.Words);
            destination.Send(frame, Operations.Export);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>Words at party 0, a seed at the others; see <see cref="Additive.AdditiveCodec"/>. Each share stands at one party, so there is nothing to compare.</remarks>
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
        if (PartyId == 0)
        {
            KeptWords.Read(source, (long)start * sizeof(ulong), Shares(result, 0));
            return;
        }

        Span<byte> seed = stackalloc byte[ShareSeeds.ByteCount];
        source.Read(0, seed);
        ShareSeeds.Expand(seed, start, Shares(result, 0));
        seed.Clear();
    }

    private async ValueTask TakeAsync(IChannel source, int count, SecretTensor? result, IShareWriter? writer, CancellationToken cancellationToken)
    {
        if (PartyId != 0)
        {
            using FrameBuffer seed = await source.ReceiveAsync(Operations.Import, ShareSeeds.ByteCount, cancellationToken).ConfigureAwait(false);
            writer?.Write(seed.Span);
            if (result is not null)
            {
                ShareSeeds.Expand(seed.Span, Shares(result, 0));
            }

            return;
        }

        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await source.ReceiveAsync(Operations.Import, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            writer?.Write(frame.Span);
            if (result is not null)
            {
                frame.Words.CopyTo(Shares(result, 0)[start..]);
            }
        }
    }

    /// <summary>Sends words, at most one chunk, to all other parties.</summary>
    private void SendToAll(ushort operation, ReadOnlySpan<ulong> words)
    {
        for (int peer = 0; peer < PartyCount; peer++)
        {
            if (peer != PartyId)
            {
                Send(_channels[peer], operation, words);
            }
        }
    }

    private static void Send(IChannel channel, ushort operation, ReadOnlySpan<ulong> words)
    {
        FrameBuffer frame = channel.Rent(words.Length * sizeof(ulong));
        words.CopyTo(frame.Words);
        channel.Send(frame, operation);
    }

    /// <summary>Adds (or XORs) what all other parties sent to the own share: the opened words.</summary>
    private async ValueTask AddReceivedAsync(ushort operation, WordsOf target, int length, bool xor, CancellationToken cancellationToken)
    {
        foreach (IChannel peer in Peers)
        {
            using FrameBuffer frame = await peer.ReceiveAsync(operation, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            if (xor)
            {
                RingKernels.Xor<ulong>(target(), frame.Words, target());
            }
            else
            {
                RingKernels.AddInto<ulong>(target(), frame.Words);
            }
        }
    }

    /// <summary>Adds the streams in common with parties after this one and subtracts those with parties before it: over all parties the sum is zero.</summary>
    private void AddZeroShare(Span<ulong> words)
    {
        Span<ulong> mask = stackalloc ulong[Block];
        for (int start = 0; start < words.Length; start += Block)
        {
            Span<ulong> target = words.Slice(start, Math.Min(Block, words.Length - start));
            Span<ulong> part = mask[..target.Length];
            for (int peer = 0; peer < PartyCount; peer++)
            {
                if (peer == PartyId)
                {
                    continue;
                }

                _pairs[peer]!.Fill(Purpose.Zero, part);
                if (peer > PartyId)
                {
                    RingKernels.AddInto<ulong>(target, part);
                }
                else
                {
                    RingKernels.SubtractInto<ulong>(target, part);
                }
            }
        }
    }
}
