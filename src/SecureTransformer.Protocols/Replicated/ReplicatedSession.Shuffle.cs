using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Input in an order that its owner does not know. With values g at party o, party o + 1 gets u at random and party o + 2 gets v = g - u; both shuffle their part by an order
/// they draw together, and reshare it: x_{o+1} is in common with the owner and party o + 1, x_o with the owner and party o + 2, and x_{o+2} is the rest.
/// </content>
public sealed partial class ReplicatedSession
{
    /// <inheritdoc/>
    /// <remarks>Two rounds, 24 bytes an element over all parties.</remarks>
    protected override async ValueTask InputShuffledCoreAsync(
        int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (owner == PartyId)
        {
            DealForShuffle(values.Span, result);
        }
        else if (owner == (PartyId + 2) % Parties)
        {
            FillInChunks(_withPrevious, Purpose.ShuffleSplit, Shares(result, 1));
            ShuffleAndReshare(result, 1, _withNext, _withPrevious, Next);
            await AddReceivedAsync(Next, Operations.ShuffleReshare, result, 1, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await ReceiveAsync(Next, Operations.ShuffleDeal, result, 0, cancellationToken).ConfigureAwait(false);
            ShuffleAndReshare(result, 0, _withPrevious, _withNext, Previous);
            await AddReceivedAsync(Previous, Operations.ShuffleReshare, result, 0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The owner: u is in common with the next party, v = g - u goes to the previous one; both components of the result are masks in common.</summary>
    private void DealForShuffle(ReadOnlySpan<double> values, SecretTensor result)
    {
        foreach ((int start, int length) in new Chunks(values.Length))
        {
            Span<ulong> rest = Shares(result, 0).Slice(start, length);
            Span<ulong> split = Shares(result, 1).Slice(start, length);
            FixedPointFormat.Encode(values.Slice(start, length), rest, result.FractionalBits, "input");
            _withNext.Fill(Purpose.ShuffleSplit, split);
            RingKernels.SubtractInto<ulong>(rest, split);
            Send(Previous, Operations.ShuffleDeal, rest);
        }

        FillInChunks(_withPrevious, Purpose.ShuffleReshare, Shares(result, 0));
        FillInChunks(_withNext, Purpose.ShuffleReshare, Shares(result, 1));
    }

    /// <summary>The others: shuffle the part that stands in a component, take away the mask that goes to the other component, and send the rest to each other.</summary>
    private void ShuffleAndReshare(SecretTensor result, int component, PairwiseRandomness withOther, PairwiseRandomness withOwner, IChannel other)
    {
        Span<ulong> part = Shares(result, component);
        Span<ulong> mask = Shares(result, 1 - component);
        RowShuffle.Apply(part, result.Shape[-1], words => withOther.Fill(Purpose.ShuffleOrder, words));
        FillInChunks(withOwner, Purpose.ShuffleReshare, mask);
        RingKernels.SubtractInto<ulong>(part, mask);
        Send(other, Operations.ShuffleReshare, part);
    }

    private async ValueTask AddReceivedAsync(
        IChannel channel, ushort operation, SecretTensor result, int component, CancellationToken cancellationToken)
    {
        for (int start = 0; start < result.Shape.Count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, result.Shape.Count - start);
            using FrameBuffer frame = await channel.ReceiveAsync(operation, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            RingKernels.AddInto<ulong>(Shares(result, component).Slice(start, length), frame.Words);
        }
    }

    private static void FillInChunks(PairwiseRandomness randomness, Purpose purpose, Span<ulong> target)
    {
        foreach ((int start, int length) in new Chunks(target.Length))
        {
            randomness.Fill(purpose, target.Slice(start, length));
        }
    }
}
