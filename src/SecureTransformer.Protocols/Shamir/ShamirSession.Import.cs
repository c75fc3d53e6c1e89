using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Shares from and for those who are no party; see <see cref="ShamirCodec"/>.</content>
public sealed partial class ShamirSession
{
    private bool IsSeeded => ShamirCodec.IsSeeded(PartyId, PartyCount, Threshold);

    /// <inheritdoc/>
    /// <remarks>
    /// The parties check that the shares lie on polynomials of degree t: a client who could give others would be answered with combinations of the shares of weights. A sum of the
    /// shares times powers of a number that is drawn afterwards is opened under a uniform mask: two rounds more, 32 bytes from each party to each other, and a wrong sharing passes with
    /// probability below count / p.
    /// </remarks>
    protected override async ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(result);
        await TakeAsync(source, result.Shape.Count, result, null, cancellationToken).ConfigureAwait(false);
        using var scratch = new Scratch(Pool);
        SecretBuffer uniform = await RandomAsync(scratch, _numberCommittee, 2, cancellationToken).ConfigureAwait(false);
        Mersenne127 drawn = await OpenAsync(scratch, uniform, 0, cancellationToken).ConfigureAwait(false);
        AddPowers(drawn, Mersenne127.AsElements(Shares(result, 0)), ref Mersenne127.AsElements(uniform.Span)[1]);
        try
        {
            _ = await OpenAsync(scratch, uniform, 1, cancellationToken).ConfigureAwait(false);
        }
        catch (ProtocolException)
        {
            throw new ProtocolException($"The shares that {source.PeerName} gave the parties do not belong to one value.");
        }
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
        if (!IsSeeded)
        {
            KeptWords.Read(source, (long)start * Mersenne127.ByteCount, Shares(result, 0));
            if (!FieldKernels.IsCanonical(Shares(result, 0)))
            {
                throw new InvalidDataException("A kept share is damaged: it is no element of the field.");
            }

            return;
        }

        Span<byte> seed = stackalloc byte[ShareSeeds.ByteCount];
        source.Read(0, seed);
        ShamirCodec.Expand(seed, start, Shares(result, 0));
        seed.Clear();
    }

    /// <inheritdoc/>
    /// <remarks>Each party sends its share plus a share of a fresh sharing of zero.</remarks>
    protected override async ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer share = await ZeroAsync(scratch, _numberCommittee, x.Shape.Count, cancellationToken).ConfigureAwait(false);
        FieldKernels.AddInto(share.Span, Shares(x, 0));
        Send(_numbers, destination, Operations.Export, share);
    }

    private async ValueTask TakeAsync(IChannel source, int count, SecretTensor? result, IShareWriter? writer, CancellationToken cancellationToken)
    {
        if (IsSeeded)
        {
            using FrameBuffer seed = await source.ReceiveAsync(Operations.Import, ShareSeeds.ByteCount, cancellationToken).ConfigureAwait(false);
            writer?.Write(seed.Span);
            if (result is not null)
            {
                ShamirCodec.Expand(seed.Span, 0, Shares(result, 0));
            }

            return;
        }

        int size = FrameLanes(_numbers);
        for (int start = 0; start < count; start += size)
        {
            int length = Math.Min(size, count - start);
            using FrameBuffer frame = await source.ReceiveAsync(Operations.Import, length * Mersenne127.ByteCount, cancellationToken).ConfigureAwait(false);
            _numbers.Require(frame.Words, source);
            writer?.Write(frame.Span);
            if (result is not null)
            {
                frame.Words.CopyTo(Shares(result, 0)[(start * WordsPerElement)..]);
            }
        }
    }

    /// <summary>Opens one of a few elements to all.</summary>
    private async ValueTask<Mersenne127> OpenAsync(Scratch scratch, SecretBuffer elements, int index, CancellationToken cancellationToken)
    {
        SecretBuffer own = scratch.Rent(_numbers, 1);
        elements.Span.Slice(index * WordsPerElement, WordsPerElement).CopyTo(own.Span);
        SendToOthers(_numbers, own, null, Operations.CheckShares);
        ulong[]?[] shares = new ulong[PartyCount][];
        for (int party = 0; party < PartyCount; party++)
        {
            shares[party] = party == PartyId
                ? own.Span.ToArray()
                : await ReceiveShareAsync(_numbers, party, Operations.CheckShares, WordsPerElement, cancellationToken).ConfigureAwait(false);
        }

        int[] chosen = [.. Enumerable.Range(0, Threshold + 1)];
        return Enumerable.Range(0, PartyCount).Except(chosen).All(party => Interpolated.Agrees(_numbers, chosen, shares, party))
            ? Mersenne127.AsElements(Interpolated.Value(_numbers, chosen, shares))[0]
            : throw new ProtocolException("The parties' shares of an opened value do not lie on one polynomial.");
    }

    /// <summary>sum = sum + x_0 r^n + ... + x_(n-1) r.</summary>
    private static void AddPowers(Mersenne127 r, ReadOnlySpan<Mersenne127> x, ref Mersenne127 sum)
    {
        Mersenne127 powers = Mersenne127.Zero;
        foreach (Mersenne127 element in x)
        {
            powers = (powers + element) * r;
        }

        sum += powers;
    }
}
