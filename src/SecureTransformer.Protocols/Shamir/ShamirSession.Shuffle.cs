using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Orders that those whom they concern do not know: groups of t + 1 parties take turns (<see cref="ShuffleCommittees"/>). The members of a group make additive shares of their Shamir
/// shares, put them in an order that they draw together, and deal them to all again.
/// </content>
public sealed partial class ShamirSession
{
    private delegate void Reorder(Span<Mersenne127> elements, Action<Span<ulong>> words);

    /// <inheritdoc/>
    /// <remarks>A round for the input and one for each group; a group of t + 1 sends n - 1 - t elements each for an element.</remarks>
    protected override async ValueTask InputShuffledCoreAsync(
        int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        int columns = result.Shape[-1];
        IReadOnlyList<int[]> groups = ShuffleCommittees.For(PartyCount, Threshold, owner);
        using GroupOrders orders = await AgreeOnOrdersAsync(groups, cancellationToken).ConfigureAwait(false);
        await InputCoreAsync(owner, values, result, cancellationToken).ConfigureAwait(false);
        await ShuffleAsync(groups, orders, result, (elements, words) => RowShuffle.Apply(elements, columns, words), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override bool ShufflesRows => true;

    /// <inheritdoc/>
    /// <remarks>Any t parties leave out one group whole. A round for the keys of orders and one for each group; a group of t + 1 sends n - 1 - t elements each for an element.</remarks>
    protected override async ValueTask ShuffleRowsCoreAsync(SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        Shares(x, 0).CopyTo(Shares(result, 0));
        int rows = result.Shape[0];
        IReadOnlyList<int[]> groups = ShuffleCommittees.For(PartyCount, Threshold, owner: null);
        using GroupOrders orders = await AgreeOnOrdersAsync(groups, cancellationToken).ConfigureAwait(false);
        await ShuffleAsync(groups, orders, result, (elements, words) => RowShuffle.MoveRows(elements, rows, words), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts shared elements in order, group after group.</summary>
    private async ValueTask ShuffleAsync(IReadOnlyList<int[]> groups, GroupOrders orders, SecretTensor result, Reorder reorder, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        for (int g = 0; g < groups.Count; g++)
        {
            using var scratch = new Scratch(Pool);
            SecretBuffer? part = null;
            if (orders[g] is { } order)
            {
                part = scratch.Rent(_numbers, count);
                ToAdditive(scratch, groups[g], Shares(result, 0), part);
                reorder(Mersenne127.AsElements(part.Span), words => order.Fill(Purpose.ShuffleOrder, words));
            }

            SecretBuffer[] dealt = await DealAsync(scratch, _numberCommittee, groups[g], count, part, cancellationToken).ConfigureAwait(false);
            SumOf(_numbers, dealt).Span.CopyTo(Shares(result, 0));
        }
    }

    /// <summary>A key that the members of each group have in common: the first draws it. One round, and 16 bytes to each other member.</summary>
    private async ValueTask<GroupOrders> AgreeOnOrdersAsync(IReadOnlyList<int[]> groups, CancellationToken cancellationToken)
    {
        var orders = new GroupOrders(groups.Count);
        byte[] key = new byte[PairwiseRandomness.KeySize];
        try
        {
            for (int g = 0; g < groups.Count; g++)
            {
                if (groups[g][0] == PartyId)
                {
                    RandomNumberGenerator.Fill(key);
                    foreach (int member in groups[g].Skip(1))
                    {
                        FrameBuffer frame = _channels[member].Rent(key.Length);
                        key.CopyTo(frame.Span);
                        _channels[member].Send(frame, Operations.ShuffleKey);
                    }

                    orders[g] = new PairwiseRandomness(key);
                }
            }

            for (int g = 0; g < groups.Count; g++)
            {
                if (groups[g].Skip(1).Contains(PartyId))
                {
                    using FrameBuffer received = await ReceiveAsync(groups[g][0], Operations.ShuffleKey, key.Length, cancellationToken).ConfigureAwait(false);
                    orders[g] = new PairwiseRandomness(received.Span);
                    received.Span.Clear();
                }
            }

            return orders;
        }
        catch
        {
            orders.Dispose();
            throw;
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
