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

        SecretBuffer opened = scratch.Rent(_numbers, count);
        Interpolated.Combine(_numbers, Threshold, shares, opened);
        return Interpolated.Decode(opened.Span, x.FractionalBits);
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer own = await ZeroAsync(scratch, _bitCommittee, PlaneWords(x.Shape.Count), cancellationToken).ConfigureAwait(false);
        _bits.Add(_bits.Over(Gathered(scratch, x).Span), _bits.Over(own.Span));
        SecretBuffer[]? shares = await ExchangeAsync(scratch, _bitCommittee, own, null, Operations.RevealBits, cancellationToken).ConfigureAwait(false);
        SecretBuffer opened = scratch.Rent(own.Length);
        Interpolated.Combine(_bits, Threshold, shares!, opened);
        return PlainWords.Bits(_bits.Over(opened.Span).Plane(0), x);
    }

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) =>
        Agreement.CompareAsync(Peers, what, digest, cancellationToken);

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
}
