using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Input in an order that its owner does not know, whoever else colludes with it but one party: each other party q in turn applies an order pi of its own by a share
/// translation that the dealer prepares (Chase, Ghosh, Poburinnaya 2020, eprint 2019/1340). The others send q their shares less masks a_i; q's new share is
/// pi(x_q + sum of (x_i - a_i)) + s_q, the others' are s_i, and the dealt s sum up to pi(sum of a_i). See <see cref="ShuffleMaterial"/>.
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    /// <remarks>One round and one correction for each party but the owner; 8 bytes an element to the first of them and from everyone to each that follows.</remarks>
    protected override async ValueTask InputShuffledCoreAsync(
        int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        int count = result.Shape.Count;
        int columns = result.Shape[-1];
        RequireOperand(count);
        if (owner == PartyId)
        {
            FixedPointFormat.Encode(values.Span, Shares(result, 0), result.FractionalBits, "input");
        }

        var material = new ShuffleMaterial(count / columns, columns, owner);
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        foreach (int permuter in material.Permuters(PartyCount))
        {
            int[] senders = [.. material.Senders(PartyCount, permuter)];
            if (permuter == PartyId)
            {
                await AddSharesAsync(senders, result, cancellationToken).ConfigureAwait(false);
                RowShuffle.Apply(Shares(result, 0), columns, words => _material.Fill(Purpose.ShuffleOrder, words));
            }
            else
            {
                if (senders.Contains(PartyId))
                {
                    SendMasked(_channels[permuter], result);
                }

                Shares(result, 0).Clear();
            }

            await RenewAsync(result, cancellationToken).ConfigureAwait(false);
        }
    }

    private void SendMasked(IChannel permuter, SecretTensor x)
    {
        foreach ((int start, int length) in new Chunks(x.Shape.Count))
        {
            Span<ulong> part = Shares(x, 0).Slice(start, length);
            using SecretBuffer mask = Pool.Rent(length);
            _material.Fill(Purpose.ShuffleSplit, mask.Span);
            RingKernels.SubtractInto<ulong>(part, mask.Span);
            Send(permuter, Operations.ShuffleDeal, part);
        }
    }

    private async ValueTask AddSharesAsync(int[] senders, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            foreach (int sender in senders)
            {
                using FrameBuffer frame = await _channels[sender].ReceiveAsync(Operations.ShuffleDeal, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                RingKernels.AddInto<ulong>(Shares(result, 0).Slice(start, length), frame.Words);
            }
        }
    }

    /// <summary>Adds this party's part of the dealt sum.</summary>
    private async ValueTask RenewAsync(SecretTensor result, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        using SecretBuffer dealt = Pool.Rent(Math.Min(count, Chunks.Size));
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer? correction = await _material.CorrectionAsync(length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            _material.Take(Purpose.ShuffleReshare, correction, 0, dealt.Span[..length]);
            RingKernels.AddInto<ulong>(Shares(result, 0).Slice(start, length), dealt.Span[..length]);
        }
    }
}
