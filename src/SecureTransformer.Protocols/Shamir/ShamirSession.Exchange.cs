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
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        int count = x.Shape.Count;
        SecretBuffer own = await ZeroAsync(scratch, _numberCommittee, count, cancellationToken).ConfigureAwait(false);
        FieldKernels.AddInto(own.Span, Shares(x, 0));
        SecretBuffer[]? shares = await ExchangeAsync(scratch, _numberCommittee, own, party, Operations.Reveal, cancellationToken).ConfigureAwait(false);
        if (shares is null)
        {
            return null;
        }

        SecretBuffer sum = Combine(scratch, _numberCommittee, shares);
        return [.. Enumerable.Range(0, count).Select(i => Math.ScaleB((double)Mersenne127.AsElements(sum.Span)[i].ToInt128(), -x.FractionalBits))];
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer own = await ZeroAsync(scratch, _bitCommittee, PlaneWords(x.Shape.Count), cancellationToken).ConfigureAwait(false);
        _bits.Add(_bits.Over(Gathered(scratch, x).Span), _bits.Over(own.Span));
        SecretBuffer[]? shares = await ExchangeAsync(scratch, _bitCommittee, own, null, Operations.RevealBits, cancellationToken).ConfigureAwait(false);
        SecretBuffer sum = Combine(scratch, _bitCommittee, shares!);
        return PlainWords.Bits(_bits.Over(sum.Span).Plane(0), x);
    }

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) =>
        Agreement.CompareAsync(Peers, what, digest, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void RestoreCore(IShareReader source, int start, SecretTensor result) => throw new NotImplementedException();

    private IEnumerable<IChannel> Peers => Enumerable.Range(0, PartyCount).Where(peer => peer != PartyId).Select(peer => _channels[peer]);

    /// <summary>Sends the own share to all parties or to one; the shares of all, by party, at those who receive them.</summary>
    private async ValueTask<SecretBuffer[]?> ExchangeAsync(
        Scratch scratch, Committee committee, SecretBuffer own, int? party, ushort operation, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        int lanes = field.Over(own.Span).Length;
        for (int peer = 0; peer < PartyCount; peer++)
        {
            if (peer != PartyId && (party ?? peer) == peer)
            {
                Send(field, _channels[peer], operation, own);
            }
        }

        if ((party ?? PartyId) != PartyId)
        {
            return null;
        }

        var shares = new SecretBuffer[PartyCount];
        for (int peer = 0; peer < PartyCount; peer++)
        {
            shares[peer] = peer == PartyId ? own : scratch.Rent(field, lanes);
            if (peer != PartyId)
            {
                await ReceiveAsync(field, _channels[peer], operation, shares[peer], lanes, cancellationToken).ConfigureAwait(false);
            }
        }

        return shares;
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

    /// <summary>The value of the first t + 1 shares, with which the others must agree.</summary>
    private SecretBuffer Combine(Scratch scratch, Committee committee, SecretBuffer[] shares)
    {
        LaneField field = committee.Field;
        int lanes = field.Over(shares[0].Span).Length;
        UInt128[] points = [.. Enumerable.Range(0, Threshold + 1).Select(Committee.Point)];
        for (int party = Threshold + 1; party < PartyCount; party++)
        {
            SecretBuffer expected = scratch.Rent(field, lanes);
            UInt128[] factors = field.Interpolation(points, Committee.Point(party));
            for (int i = 0; i <= Threshold; i++)
            {
                field.AddScaled(factors[i], field.Over(shares[i].Span), field.Over(expected.Span));
            }

            if (!expected.Span.SequenceEqual(shares[party].Span))
            {
                throw new ProtocolException("The parties' shares of an opened value do not lie on one polynomial.");
            }
        }

        SecretBuffer value = scratch.Rent(field, lanes);
        UInt128[] atZero = field.Interpolation(points, 0);
        for (int i = 0; i <= Threshold; i++)
        {
            field.AddScaled(atZero[i], field.Over(shares[i].Span), field.Over(value.Span));
        }

        return value;
    }
}
