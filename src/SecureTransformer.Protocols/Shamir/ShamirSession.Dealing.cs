using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Sharings of what a party knows, and sharings of what nobody knows. A dealer's polynomial has the secret at 0 and, at the points of the t parties that follow it, what those
/// expand from the keys they have in common: it is uniform among the polynomials of degree t with that secret, and only n - 1 - t shares are sent.
/// </content>
public sealed partial class ShamirSession
{
    /// <summary>Shares of what each of some parties deals: one round, and n - 1 - t lanes a dealer.</summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// <param name="committee">The field.</param>
    /// <param name="dealers">The dealers, in an order that all parties know.</param>
    /// <param name="lanes">The lanes that each deals.</param>
    /// <param name="secret">What this party deals, if it is a dealer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>This party's shares, by dealer in that order.</returns>
    private async ValueTask<SecretBuffer[]> DealAsync(Scratch scratch, Committee committee, int[] dealers, int lanes, SecretBuffer? secret, CancellationToken cancellationToken)
    {
        var shares = new SecretBuffer[dealers.Length];
        for (int d = 0; d < dealers.Length; d++)
        {
            shares[d] = scratch.Rent(committee.Field, lanes);
            if (dealers[d] == PartyId)
            {
                Deal(scratch, committee, lanes, secret!, shares[d]);
            }
            else if (committee.IsSeeded(dealers[d], PartyId))
            {
                ExpandDealt(committee, dealers[d], lanes, shares[d]);
            }
        }

        for (int d = 0; d < dealers.Length; d++)
        {
            if (dealers[d] != PartyId && !committee.IsSeeded(dealers[d], PartyId))
            {
                await ReceiveAsync(committee.Field, dealers[d], Operations.Deal, shares[d], lanes, cancellationToken).ConfigureAwait(false);
            }
        }

        return shares;
    }

    private void Deal(Scratch scratch, Committee committee, int lanes, SecretBuffer secret, SecretBuffer own)
    {
        LaneField field = committee.Field;
        int size = FrameLanes(field);
        SecretBuffer seeded = scratch.Rent(field, Math.Min(lanes, size) * Threshold);
        for (int start = 0; start < lanes; start += size)
        {
            int length = Math.Min(size, lanes - start);
            int words = length * field.Words;
            for (int s = 0; s < Threshold; s++)
            {
                int party = committee.Seeded(PartyId, s);
                field.Sample(_pairs[party]!, field.Deal(PartyId < party), field.Over(seeded.Span.Slice(s * words, words)));
            }

            for (int party = 0; party < PartyCount; party++)
            {
                if (committee.IsSeeded(PartyId, party))
                {
                    continue;
                }

                using FrameBuffer? frame = party == PartyId ? null : _channels[party].Rent(words * sizeof(ulong));
                Lanes share = frame is null ? field.Over(own.Span).Slice(start, length) : field.Over(frame.Words);
                UInt128[] factors = committee.DealFactors(PartyId, party);
                field.Scale(factors[0], field.Over(secret.Span).Slice(start, length), share);
                for (int s = 0; s < Threshold; s++)
                {
                    field.AddScaled(factors[s + 1], field.Over(seeded.Span.Slice(s * words, words)), share);
                }

                if (frame is not null)
                {
                    _channels[party].Send(frame, Operations.Deal);
                }
            }
        }
    }

    private void ExpandDealt(Committee committee, int dealer, int lanes, SecretBuffer share)
    {
        LaneField field = committee.Field;
        int size = FrameLanes(field);
        for (int start = 0; start < lanes; start += size)
        {
            field.Sample(_pairs[dealer]!, field.Deal(dealer < PartyId), field.Over(share.Span).Slice(start, Math.Min(size, lanes - start)));
        }
    }

    /// <summary>
    /// Sharings of uniform elements that no t parties know, or of zero: each party deals, and the Vandermonde matrix extracts n - t sharings of n (Damgaard, Nielsen 2007, protocol Random).
    /// One round.
    /// </summary>
    private async ValueTask<SecretBuffer> ExtractAsync(Scratch scratch, Committee committee, int lanes, bool zero, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        int each = (lanes + committee.Extracted - 1) / committee.Extracted;
        SecretBuffer secret = scratch.Rent(field, each);
        if (!zero)
        {
            field.Sample(_own, Purpose.Own, field.Over(secret.Span));
        }

        SecretBuffer[] dealt = await DealAsync(scratch, committee, [.. Enumerable.Range(0, PartyCount)], each, secret, cancellationToken).ConfigureAwait(false);
        SecretBuffer result = scratch.Rent(field, lanes);
        Extract(committee, dealt, field.Over(result.Span));
        Array.ForEach(dealt, scratch.Return);
        return result;
    }

    private static void Extract(Committee committee, SecretBuffer[] dealt, Lanes result)
    {
        LaneField field = committee.Field;
        int each = field.Over(dealt[0].Span).Length;
        for (int row = 0; row * each < result.Length; row++)
        {
            Lanes target = result.Slice(row * each, Math.Min(each, result.Length - (row * each)));
            for (int dealer = 0; dealer < dealt.Length; dealer++)
            {
                field.AddScaled(committee.ExtractionFactor(row, dealer), field.Over(dealt[dealer].Span).Slice(0, target.Length), target);
            }
        }
    }

    /// <summary>The lanes of one frame.</summary>
    private static int FrameLanes(LaneField field) => Chunks.Size / field.Words;

    /// <summary>Receives lanes into a buffer, frame by frame.</summary>
    private async ValueTask ReceiveAsync(LaneField field, int party, ushort operation, SecretBuffer target, int lanes, CancellationToken cancellationToken)
    {
        int size = FrameLanes(field);
        for (int at = 0; at < lanes; at += size)
        {
            int length = Math.Min(size, lanes - at);
            using FrameBuffer frame = await ReceiveAsync(party, operation, length * field.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            field.Require(frame.Words, _channels[party]);
            field.Over(frame.Words).CopyTo(field.Over(target.Span).Slice(at, length));
        }
    }

    /// <summary>Receives a frame, after a share that came too late for an opening.</summary>
    private async ValueTask<FrameBuffer> ReceiveAsync(int party, ushort operation, int length, CancellationToken cancellationToken)
    {
        await _late[party].WaitAsync(cancellationToken).ConfigureAwait(false);
        return await _channels[party].ReceiveAsync(operation, length, cancellationToken).ConfigureAwait(false);
    }
}
