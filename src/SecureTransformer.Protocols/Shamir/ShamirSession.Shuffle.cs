using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Input in an order that its owner does not know: groups of t + 1 other parties take turns. The members of a group make additive shares of their Shamir shares, put them in an order that
/// they draw together, and deal them to all again.
/// </content>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    /// <remarks>A round for the input and one for each group; a group of t + 1 sends n - 1 - t elements each for an element.</remarks>
    protected override async ValueTask InputShuffledCoreAsync(
        int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        await InputCoreAsync(owner, values, result, cancellationToken).ConfigureAwait(false);
        int count = result.Shape.Count;
        foreach (int[] group in ShuffleCommittees.For(PartyCount, Threshold, owner))
        {
            using var scratch = new Scratch(Pool);
            SecretBuffer? part = null;
            if (group.Contains(PartyId))
            {
                part = scratch.Rent(_numbers, count);
                ToAdditive(scratch, group, Shares(result, 0), part);
                using PairwiseRandomness order = await AgreeOnOrderAsync(group, cancellationToken).ConfigureAwait(false);
                RowShuffle.Apply(Mersenne127.AsElements(part.Span), result.Shape[-1], words => order.Fill(Purpose.ShuffleOrder, words));
            }

            SecretBuffer[] dealt = await DealAsync(scratch, _numberCommittee, group, count, part, cancellationToken).ConfigureAwait(false);
            SumOf(_numbers, dealt).Span.CopyTo(Shares(result, 0));
        }
    }

    /// <summary>A key that the members of a group have in common: the first draws it.</summary>
    private async ValueTask<PairwiseRandomness> AgreeOnOrderAsync(int[] group, CancellationToken cancellationToken)
    {
        byte[] key = new byte[PairwiseRandomness.KeySize];
        try
        {
            if (group[0] != PartyId)
            {
                using FrameBuffer received = await ReceiveAsync(group[0], Operations.ShuffleKey, key.Length, cancellationToken).ConfigureAwait(false);
                received.Span.CopyTo(key);
                received.Span.Clear();
                return new PairwiseRandomness(key);
            }

            RandomNumberGenerator.Fill(key);
            foreach (int member in group.Skip(1))
            {
                FrameBuffer frame = _channels[member].Rent(key.Length);
                key.CopyTo(frame.Span);
                _channels[member].Send(frame, Operations.ShuffleKey);
            }

            return new PairwiseRandomness(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>This party's summand of a value of which a group holds shares, with a zero share of the group.</summary>
    private void ToAdditive(Scratch scratch, int[] group, ReadOnlySpan<ulong> share, SecretBuffer part)
    {
        UInt128 factor = _numbers.Interpolation([.. group.Select(Committee.Point)], 0)[Array.IndexOf(group, PartyId)];
        FieldKernels.MultiplyScalar(share, Mersenne127.FromUInt128(factor), part.Span);
        SecretBuffer zero = scratch.Rent(part.Length);
        foreach (int member in group.Where(member => member != PartyId))
        {
            _numbers.Sample(_pairs[member]!, _numbers.Zero, _numbers.Over(zero.Span));
            if (member > PartyId)
            {
                FieldKernels.AddInto(part.Span, zero.Span);
            }
            else
            {
                FieldKernels.SubtractInto(part.Span, zero.Span);
            }
        }
    }
}
