using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Shares from and for those who are no party; see <see cref="ShamirCodec"/>.</content>
public sealed partial class ShamirSession
{
    private bool IsSeeded => ShamirCodec.IsSeeded(PartyId, PartyCount, Threshold);

    private bool IsKeptAsSeed => ShareEpoch?.IsKeptAsSeed(PartyId) ?? IsSeeded;

    /// <inheritdoc/>
    /// <remarks>
    /// The parties check that the shares lie on polynomials of degree t: a client who could give others would be answered with combinations of the shares of weights. A sum of the
    /// shares times powers of a number that is drawn afterwards is opened under a uniform mask: two rounds more, 32 bytes from each party to each other, and a wrong sharing passes with
    /// probability below count / p, the count rounded up to whole blocks of a <see cref="PowerSum"/>.
    /// </remarks>
    protected override async ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(result);
        await TakeAsync(source, result.Shape.Count, result, null, cancellationToken).ConfigureAwait(false);
        using var scratch = new Scratch(Pool);
        if (!await BelongTogetherAsync(scratch, sum => sum.Add(Shares(result, 0)), cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolException($"The shares that {source.PeerName} gave the parties do not belong to one value, or a party says so wrongly.");
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// With z drawn after the shares were there, the sum of z^k (x_k^2 - x_k) over the elements and of z^r (sum of row r - 1) over the rows is opened, which is zero. The sum is a sharing of
    /// degree 2t: 2t + 1 parties send summands with a zero share to all. Two rounds; other rows pass with probability below (count + rows) / p.
    /// </remarks>
    protected override async ValueTask RequireOneHotCoreAsync(IChannel source, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer uniform = await RandomAsync(scratch, _numberCommittee, 1, cancellationToken).ConfigureAwait(false);
        Mersenne127 drawn = await OpenAsync(scratch, uniform, 0, cancellationToken).ConfigureAwait(false);
        SecretBuffer summand = scratch.Rent(_numbers, 1);
        Mersenne127.AsElements(summand.Span)[0] = DistanceFromOneHot(drawn, Mersenne127.AsElements(Shares(x, 0)), x.Shape[-1]);
        SecretBuffer sum = await AddSummandsAsync(scratch, summand, cancellationToken).ConfigureAwait(false);
        if (Mersenne127.AsElements(sum.Span)[0] != Mersenne127.Zero)
        {
            throw new ProtocolException($"The rows that {source.PeerName} gave the parties are not one 1 among zeros, or a party says so wrongly.");
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
        KeptElements.Read(source, IsKeptAsSeed, start, Shares(result, 0));
    }

    /// <inheritdoc/>
    protected override async ValueTask VerifyKeptCoreAsync(IReadOnlyList<(IShareReader Share, int Count)> shares, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shares);
        using var scratch = new Scratch(Pool);
        SecretBuffer frame = scratch.Rent(Chunks.Size);
        if (!await BelongTogetherAsync(scratch, AddKept, cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolException("The parties' shares of the model do not belong together: they are of different epochs, or damaged.");
        }

        void AddKept(PowerSum sum)
        {
            foreach ((IShareReader share, int count) in shares)
            {
                for (int start = 0; start < count; start += FrameLanes(_numbers))
                {
                    Span<ulong> elements = frame.Span[..(Math.Min(FrameLanes(_numbers), count - start) * WordsPerElement)];
                    KeptElements.Read(share, IsKeptAsSeed, start, elements);
                    sum.Add(elements);
                }
            }
        }
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

    /// <summary>Whether shares lie on polynomials of degree t: their sum with powers of a number that is drawn now, opened under a uniform mask, does.</summary>
    private async ValueTask<bool> BelongTogetherAsync(Scratch scratch, Action<PowerSum> add, CancellationToken cancellationToken)
    {
        SecretBuffer uniform = await RandomAsync(scratch, _numberCommittee, 2, cancellationToken).ConfigureAwait(false);
        Mersenne127 drawn = await OpenAsync(scratch, uniform, 0, cancellationToken).ConfigureAwait(false);
        var sum = new PowerSum(scratch.Rent(_numbers, PowerSum.Block), drawn);
        add(sum);
        Mersenne127.AsElements(uniform.Span)[1] = sum.AddTo(Mersenne127.AsElements(uniform.Span)[1]);
        return await TryOpenAsync(scratch, uniform, 1, cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Opens one of a few elements to all.</summary>
    private async ValueTask<Mersenne127> OpenAsync(Scratch scratch, SecretBuffer elements, int index, CancellationToken cancellationToken) =>
        await TryOpenAsync(scratch, elements, index, cancellationToken).ConfigureAwait(false)
        ?? throw new ProtocolException("The parties' shares of an opened value do not lie on one polynomial.");

    /// <summary>Opens one of a few elements to all; null where the shares do not lie on one polynomial.</summary>
    private async ValueTask<Mersenne127?> TryOpenAsync(Scratch scratch, SecretBuffer elements, int index, CancellationToken cancellationToken)
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
            if (party != PartyId)
            {
                _numbers.Require(shares[party], _channels[party]);
            }
        }

        int[] chosen = [.. Enumerable.Range(0, Threshold + 1)];
        return Enumerable.Range(0, PartyCount).Except(chosen).All(party => Interpolated.Agrees(_numbers, chosen, shares, party))
            ? Mersenne127.AsElements(Interpolated.Value(_numbers, chosen, shares))[0]
            : null;
    }

    /// <summary>The sum of what the first 2t + 1 parties have of one element of degree 2t, told to all.</summary>
    private async ValueTask<SecretBuffer> AddSummandsAsync(Scratch scratch, SecretBuffer share, CancellationToken cancellationToken)
    {
        int degree = 2 * Threshold;
        SecretBuffer sum = scratch.Rent(_numbers, 1);
        if (_numberCommittee.Contributes(0, degree, PartyId))
        {
            SecretBuffer own = scratch.Rent(_numbers, 1);
            ToAdditive(scratch, [.. Enumerable.Range(0, degree + 1)], share.Span, own);
            SendToOthers(_numbers, own, null, Operations.CheckShares);
            FieldKernels.AddInto(sum.Span, own.Span);
        }

        for (int party = 0; party <= degree; party++)
        {
            if (party != PartyId)
            {
                ulong[] summand = await ReceiveShareAsync(_numbers, party, Operations.CheckShares, WordsPerElement, cancellationToken).ConfigureAwait(false);
                _numbers.Require(summand, _channels[party]);
                FieldKernels.AddInto(sum.Span, summand);
            }
        }

        return sum;
    }

    private static Mersenne127 DistanceFromOneHot(Mersenne127 z, ReadOnlySpan<Mersenne127> x, int columns)
    {
        Mersenne127 squares = Mersenne127.Zero;
        Mersenne127 rows = Mersenne127.Zero;
        for (int start = 0; start < x.Length; start += columns)
        {
            Mersenne127 sum = Mersenne127.Zero;
            foreach (Mersenne127 element in x.Slice(start, columns))
            {
                squares = (squares + (element * element) - element) * z;
                sum += element;
            }

            rows = (rows + sum - Mersenne127.One) * z;
        }

        // The powers of the rows come after those of the elements: z^count times the sum of rows.
        for (int i = 0; i < x.Length; i++)
        {
            rows *= z;
        }

        return squares + rows;
    }
}
