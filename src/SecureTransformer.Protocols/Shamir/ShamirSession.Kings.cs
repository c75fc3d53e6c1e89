using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Opening what is masked, at kings that take turns (Damgaard and Nielsen 2007). A contributor multiplies its share by its Lagrange coefficient and adds a fresh
/// zero share, made of keys that every two parties have in common: the king learns the sum, which is the masked value, and nothing of the polynomial.
/// </content>
/// <remarks>
/// A king returns what it makes of the value as a sharing: of the polynomial that is the value at 0 and zero at the t parties before it, so that those are sent nothing and
/// the others the value (Goyal, Song 2020, eprint 2020/134 send fewer shares by the same idea). Or it tells the value to all.
/// </remarks>
public sealed partial class ShamirSession
{
    private int _firstKing;

    /// <summary>What a king does to the opened lanes before it returns them.</summary>
    private delegate void KingStep(Lanes opened);

    /// <summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// Replaces this party's shares by its shares of what kings make of the masked values. Two rounds; a lane costs <paramref name="degree"/> lanes to the king and
    /// n - 1 - t from it.
    /// </summary>
    /// <param name="committee">The field.</param>
    /// <param name="lanes">Shares of that degree; overwritten.</param>
    /// <param name="degree">The threshold or twice as much.</param>
    /// <param name="step">What kings do; null for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private ValueTask ThroughKingsAsync(Scratch scratch, Committee committee, SecretBuffer lanes, int degree, KingStep? step, CancellationToken cancellationToken) =>
        ThroughKingsAsync(scratch, committee, lanes, degree, step, told: 0, cancellationToken);

    /// <summary>Opens masked values to all parties. Two rounds; a lane costs t lanes to the king and n - 1 times as many words as are told from it.</summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// <param name="committee">The field.</param>
    /// <param name="lanes">Shares of degree t; overwritten by the values.</param>
    /// <param name="words">How many words of each lane are told: the others become zero.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private ValueTask OpenMaskedAsync(Scratch scratch, Committee committee, SecretBuffer lanes, int words, CancellationToken cancellationToken) =>
        ThroughKingsAsync(scratch, committee, lanes, Threshold, null, words, cancellationToken);

    private async ValueTask ThroughKingsAsync(
        Scratch scratch, Committee committee, SecretBuffer lanes, int degree, KingStep? step, int told, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        KingSegment[] segments = KingSegment.Cut(field.Over(lanes.Span).Length, PartyCount, _firstKing);
        _firstKing = (_firstKing + 1) % PartyCount;
        foreach (KingSegment segment in segments)
        {
            Contribute(scratch, committee, lanes, degree, segment);
        }

        foreach (KingSegment segment in segments)
        {
            if (segment.King == PartyId)
            {
                await GatherAsync(committee, lanes, degree, segment, cancellationToken).ConfigureAwait(false);
                step?.Invoke(field.Over(lanes.Span).Slice(segment.Start, segment.Length));
                Return(committee, lanes, segment, told);
            }
        }

        foreach (KingSegment segment in segments)
        {
            if (segment.King != PartyId)
            {
                await TakeReturnedAsync(committee, lanes, segment, told, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends a king this party's summand of a segment; at the king, keeps it in place.</summary>
    private void Contribute(Scratch scratch, Committee committee, SecretBuffer lanes, int degree, KingSegment segment)
    {
        LaneField field = committee.Field;
        if (!committee.Contributes(segment.King, degree, PartyId))
        {
            return;
        }

        int size = FrameLanes(field);
        UInt128 factor = committee.OpeningFactor(segment.King, degree, PartyId);
        SecretBuffer mask = scratch.Rent(field, Math.Min(size, segment.Length));
        for (int at = 0; at < segment.Length; at += size)
        {
            int length = Math.Min(size, segment.Length - at);
            Lanes share = field.Over(lanes.Span).Slice(segment.Start + at, length);
            Lanes zero = field.Over(mask.Span[..(length * field.Words)]);
            using FrameBuffer? frame = segment.King == PartyId ? null : _channels[segment.King].Rent(length * field.Words * sizeof(ulong));
            Lanes target = frame is null ? share : field.Over(frame.Words);
            field.Scale(factor, share, target);
            for (int peer = 0; peer < PartyCount; peer++)
            {
                if (peer == PartyId || !committee.Contributes(segment.King, degree, peer))
                {
                    continue;
                }

                field.Sample(_pairs[peer]!, field.Zero, zero);
                if (peer > PartyId)
                {
                    field.Add(zero, target);
                }
                else
                {
                    field.Subtract(zero, target);
                }
            }

            if (frame is not null)
            {
                _channels[segment.King].Send(frame, Operations.Summand);
            }
        }
    }

    /// <summary>Adds up what the contributors sent: the values.</summary>
    private async ValueTask GatherAsync(Committee committee, SecretBuffer lanes, int degree, KingSegment segment, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        int size = FrameLanes(field);
        for (int at = 0; at < segment.Length; at += size)
        {
            int length = Math.Min(size, segment.Length - at);
            for (int peer = 0; peer < PartyCount; peer++)
            {
                if (peer != PartyId && committee.Contributes(PartyId, degree, peer))
                {
                    using FrameBuffer frame =
                        await ReceiveAsync(peer, Operations.Summand, length * field.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                    field.Require(frame.Words, _channels[peer]);
                    field.Add(field.Over(frame.Words), field.Over(lanes.Span).Slice(segment.Start + at, length));
                }
            }
        }
    }

    /// <summary>Sends what a king made of its segment, and takes this party's own part of it.</summary>
    private void Return(Committee committee, SecretBuffer lanes, KingSegment segment, int told)
    {
        LaneField field = committee.Field;
        int size = FrameLanes(field);
        int words = told == 0 ? field.Words : told;
        Lanes all = field.Over(lanes.Span).Slice(segment.Start, segment.Length);
        for (int at = 0; at < segment.Length; at += size)
        {
            Lanes part = all.Slice(at, Math.Min(size, segment.Length - at));
            field.Keep(words, part);
            for (int peer = 0; peer < PartyCount; peer++)
            {
                if (peer != PartyId && (told > 0 || committee.IsReturned(PartyId, peer)))
                {
                    FrameBuffer frame = _channels[peer].Rent(part.Length * words * sizeof(ulong));
                    field.Write(part, words, frame.Words);
                    _channels[peer].Send(frame, Operations.Returned);
                }
            }
        }

        if (told == 0)
        {
            field.Scale(committee.ReturnFactor(PartyId, PartyId), all, all);
        }
    }

    private async ValueTask TakeReturnedAsync(Committee committee, SecretBuffer lanes, KingSegment segment, int told, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        int size = FrameLanes(field);
        int words = told == 0 ? field.Words : told;
        if (told == 0 && !committee.IsReturned(segment.King, PartyId))
        {
            field.Over(lanes.Span).Slice(segment.Start, segment.Length).Clear();
            return;
        }

        for (int at = 0; at < segment.Length; at += size)
        {
            int length = Math.Min(size, segment.Length - at);
            using FrameBuffer frame =
                await ReceiveAsync(segment.King, Operations.Returned, length * words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Lanes part = field.Over(lanes.Span).Slice(segment.Start + at, length);
            field.Read(frame.Words, words, part);
            if (told == 0)
            {
                field.Require(frame.Words, _channels[segment.King]);
                field.Scale(committee.ReturnFactor(segment.King, PartyId), part, part);
            }
        }
    }
}
