using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Input and reveal.</content>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    /// <remarks>One round; 16 bytes an element to each of n - 1 - t parties.</remarks>
    protected override async ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        using var scratch = new Scratch(Pool);
        using SecretBuffer? encoded = owner == PartyId ? Encode(values.Span, result.FractionalBits, "input") : null;
        SecretBuffer[] shares = await DealAsync(scratch, _numberCommittee, [owner], result.Shape.Count, encoded, cancellationToken).ConfigureAwait(false);
        shares[0].Span.CopyTo(Shares(result, 0));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// One round; 16 bytes an element from each party to each that learns the values, who is content with 2 t + 1 shares that agree: with 3 t + 1 parties t may be wrong or silent, and
    /// are named by <see cref="MpcSession.Faults"/>.
    /// </remarks>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer own = await ZeroAsync(scratch, _numberCommittee, x.Shape.Count, cancellationToken).ConfigureAwait(false);
        FieldKernels.AddInto(own.Span, Shares(x, 0));
        SendToOthers(_numbers, own, party, Operations.Reveal);
        if ((party ?? PartyId) != PartyId)
        {
            return null;
        }

        return await CollectAsync(
            _numbers, own, Operations.Reveal, shares => RobustOutput.TryCombine(shares, Threshold, x.Shape.Count, x.FractionalBits), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>One round; robust as the opening of numbers.</remarks>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer own = await ZeroAsync(scratch, _bitCommittee, PlaneWords(x.Shape.Count), cancellationToken).ConfigureAwait(false);
        _bits.Add(_bits.Over(Gathered(scratch, x).Span), _bits.Over(own.Span));
        SendToOthers(_bits, own, null, Operations.RevealBits);
        ulong[] words = [];
        await CollectAsync(_bits, own, Operations.RevealBits, Combine, cancellationToken).ConfigureAwait(false);
        return PlainWords.Bits(words, x);

        CombinedShares? Combine(IReadOnlyList<ulong[]?> shares)
        {
            if (RobustOutput.TryCombineBits(_bits, shares, Threshold) is not { } combined)
            {
                return null;
            }

            words = combined.Words;
            return new CombinedShares([], combined.Wrong);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_late).WaitAsync(cancellationToken).ConfigureAwait(false);
        await Agreement.CompareAsync(Enumerable.Range(0, PartyCount).Where(peer => peer != PartyId).Select(peer => _channels[peer]), what, digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the own share to all other parties, or to one.</summary>
    private void SendToOthers(LaneField field, SecretBuffer own, int? party, ushort operation)
    {
        for (int peer = 0; peer < PartyCount; peer++)
        {
            if (peer != PartyId && (party ?? peer) == peer)
            {
                Send(field, _channels[peer], operation, own);
            }
        }
    }

    /// <summary>Receives all others' shares at once until those at hand are enough and the others have had a short grace, and notes who was wrong or silent.</summary>
    private async ValueTask<double[]> CollectAsync(
        LaneField field, SecretBuffer own, ushort operation, Func<IReadOnlyList<ulong[]?>, CombinedShares?> combine, CancellationToken cancellationToken)
    {
        ulong[] mine = own.Span.ToArray();
        Task<ulong[]>[] shares =
        [
            .. Enumerable.Range(0, PartyCount)
                .Select(party => party == PartyId ? Task.FromResult(mine) : ReceiveShareAsync(field, party, operation, mine.Length, cancellationToken)),
        ];
        string[] names = [.. Enumerable.Range(0, PartyCount).Select(party => party == PartyId ? "this party" : _channels[party].PeerName)];
        var collection = new ShareCollection(names, shares, RobustOutput.SharesNeeded(Threshold), combine, new CollectionOptions { GivenUp = Silent() });
        ReceivedValues received = await collection.RunAsync(cancellationToken).ConfigureAwait(false);
        foreach (PartyFault fault in received.Faults)
        {
            Note(fault);
            _late[fault.Party] = shares[fault.Party];
        }

        return received.Values;
    }

    /// <summary>The parties that have not been heard since they were silent.</summary>
    private int[] Silent() => [.. Enumerable.Range(0, PartyCount).Where(party => !_late[party].IsCompletedSuccessfully)];

    private async Task<ulong[]> ReceiveShareAsync(LaneField field, int party, ushort operation, int words, CancellationToken cancellationToken)
    {
        // What this waits for is set before this share is itself late.
        await _late[party].WaitAsync(cancellationToken).ConfigureAwait(false);
        ulong[] share = new ulong[words];
        int lanes = words / field.Words;
        int size = FrameLanes(field);
        for (int start = 0; start < lanes; start += size)
        {
            int length = Math.Min(size, lanes - start);
            using FrameBuffer frame = await _channels[party].ReceiveAsync(operation, length * field.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            field.Over(frame.Words).CopyTo(field.Over(share).Slice(start, length));
        }

        return share;
    }

    private static void Send(LaneField field, IChannel destination, ushort operation, SecretBuffer share)
    {
        Lanes lanes = field.Over(share.Span);
        int size = FrameLanes(field);
        for (int start = 0; start < lanes.Length; start += size)
        {
            Lanes part = lanes.Slice(start, Math.Min(size, lanes.Length - start));
            FrameBuffer frame = destination.Rent(part.Length * field.Words * sizeof(ulong));
            part.CopyTo(field.Over(frame.Words));
            destination.Send(frame, operation);
        }
    }
}
