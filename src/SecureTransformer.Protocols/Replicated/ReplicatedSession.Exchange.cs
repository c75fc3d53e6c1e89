using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Input, reveal and export.</content>
public sealed partial class ReplicatedSession
{
    /// <inheritdoc/>
    /// <remarks>
    /// The owner o takes x_o from its randomness in common with the party before it, sends x_{o+1} = x - x_o to the party after it; x_{o+2} is zero.
    /// One round, 8 bytes an element over all parties.
    /// </remarks>
    protected override async ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        int count = result.Shape.Count;
        if (owner == PartyId)
        {
            foreach ((int start, int length) in new Chunks(count))
            {
                Span<ulong> mask = Shares(result, 0).Slice(start, length);
                Span<ulong> rest = Shares(result, 1).Slice(start, length);
                FixedPointFormat.Encode(values.Span.Slice(start, length), rest, result.FractionalBits, "input");
                _withPrevious.Fill(Purpose.Input, mask);
                RingKernels.SubtractInto<ulong>(rest, mask);
                Send(Next, Operations.Input, rest);
            }
        }
        else if (owner == (PartyId + 1) % Parties)
        {
            foreach ((int start, int length) in new Chunks(count))
            {
                _withNext.Fill(Purpose.Input, Shares(result, 1).Slice(start, length));
            }
        }
        else
        {
            await ReceiveAsync(Previous, Operations.Input, result, 0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Each receiver misses one component and gets it from the party before it; it follows from the value and the receiver's own shares, so no mask is needed.
    /// One round, 8 bytes an element and receiver.
    /// </remarks>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (party is null || party == (PartyId + 1) % Parties)
        {
            Send(Next, Operations.Reveal, Shares(x, 0));
        }

        if (party is not null && party != PartyId)
        {
            return null;
        }

        using SecretBuffer sum = Pool.Rent(x.Shape.Count);
        for (int start = 0; start < x.Shape.Count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, x.Shape.Count - start);
            using FrameBuffer frame = await Previous.ReceiveAsync(Operations.Reveal, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Span<ulong> target = sum.Span.Slice(start, length);
            RingKernels.Add<ulong>(Shares(x, 0).Slice(start, length), Shares(x, 1).Slice(start, length), target);
            RingKernels.AddInto<ulong>(target, frame.Words);
        }

        var values = new double[x.Shape.Count];
        FixedPointFormat.Decode(sum.Span, values, x.FractionalBits);
        return values;
    }

    /// <inheritdoc/>
    /// <remarks>One round, an eighth of a byte a bit and receiver.</remarks>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        Send(Next, Operations.RevealBits, Shares(x, 0));
        int words = Shares(x, 0).Length;
        using SecretBuffer sum = Pool.Rent(words);
        for (int start = 0; start < words; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, words - start);
            using FrameBuffer frame = await Previous.ReceiveAsync(Operations.RevealBits, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Span<ulong> target = sum.Span.Slice(start, length);
            RingKernels.Xor<ulong>(Shares(x, 0).Slice(start, length), Shares(x, 1).Slice(start, length), target);
            RingKernels.Xor<ulong>(target, frame.Words, target);
        }

        return PlainWords.Bits(sum.Span, x);
    }

    /// <inheritdoc/>
    /// <remarks>Everyone sends the digest to everyone: one round, 192 bytes.</remarks>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) =>
        Agreement.CompareAsync([Next, Previous], what, digest, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Each party sends x_i plus a fresh zero share: 24 bytes an element in all, one round.</remarks>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(x);
        foreach ((int start, int length) in new Chunks(x.Shape.Count))
        {
            FrameBuffer frame = destination.Rent(length * sizeof(ulong));
            Shares(x, 0).Slice(start, length).CopyTo(frame.Words);
            ReserveZeroShare(Purpose.Zero, length).Add(0, frame.Words);
            destination.Send(frame, Operations.Export);
        }

        return ValueTask.CompletedTask;
    }

    private static void Send(IChannel channel, ushort operation, ReadOnlySpan<ulong> words)
    {
        foreach ((int start, int length) in new Chunks(words.Length))
        {
            FrameBuffer frame = channel.Rent(length * sizeof(ulong));
            words.Slice(start, length).CopyTo(frame.Words);
            channel.Send(frame, operation);
        }
    }

    private async ValueTask ReceiveAsync(IChannel channel, ushort operation, SecretTensor result, int component, CancellationToken cancellationToken)
    {
        for (int start = 0; start < result.Shape.Count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, result.Shape.Count - start);
            using FrameBuffer frame = await channel.ReceiveAsync(operation, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            frame.Words.CopyTo(Shares(result, component)[start..]);
        }
    }

    /// <summary>Adds what another party sends, in frames of so many elements, to a component.</summary>
    private async ValueTask AddReceivedAsync(IChannel channel, ushort operation, SecretTensor result, int component, int run, CancellationToken cancellationToken)
    {
        for (int start = 0; start < result.Shape.Count; start += run)
        {
            int length = Math.Min(run, result.Shape.Count - start);
            using FrameBuffer frame = await channel.ReceiveAsync(operation, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            int first = start;
            InParallel(length, Grain, (from, size) => RingKernels.AddInto<ulong>(Shares(result, component).Slice(first + from, size), frame.Words.Slice(from, size)));
        }
    }

    private ZeroShare ReserveZeroShare(Purpose purpose, int words) => new(_withNext.Reserve(purpose, words), _withPrevious.Reserve(purpose, words));
}
