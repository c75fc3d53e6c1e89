using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Leading zeros. As in the comparison, party 0 deals unary codes of the blocks of u = x0 + x1, and parties 1 and 2, who know v = x2, pick functions of u and v and
/// reshare them; <see cref="LeadingZeroCircuit"/> says which, and what is computed from them. Its few result bits become tables in one conversion.
/// </content>
public sealed partial class ReplicatedSession
{
    /// <summary>results[t] = table t of the leading zeros of x taken as a number of so many bits.</summary>
    private async ValueTask LeadingZerosAsync(
        SecretTensor x,
        LeadingZeroCircuit circuit,
        IReadOnlyList<LeadingZeroTable> tables,
        IReadOnlyList<SecretTensor> results,
        CancellationToken cancellationToken)
    {
        var groups = new SharedPlanes[(x.Shape.Count + GroupSize - 1) / GroupSize];
        try
        {
            for (int g = 0; g < groups.Length; g++)
            {
                groups[g] = new SharedPlanes(Pool, 2, Math.Min(GroupSize, x.Shape.Count - (g * GroupSize)), circuit.Planes, circuit.Levels.Max(l => l.Length));
                if (PartyId == 0)
                {
                    DealCodes(x, g, circuit, groups[g]);
                }
            }

            await PickDigitsAsync(x, circuit, groups, cancellationToken).ConfigureAwait(false);
            for (int level = 0; level < circuit.Levels.Count; level++)
            {
                int current = level;
                Array.ForEach(groups, g => circuit.Prepare(current, g, ConstantComponent));
                await AndLevelAsync(groups, circuit.Levels[level], cancellationToken).ConfigureAwait(false);
            }

            await CombineBitsAsync(groups, circuit.Bits, [.. tables.Select(circuit.Linear)], results, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (SharedPlanes? planes in groups)
            {
                planes?.Dispose();
            }
        }
    }

    /// <summary>Party 0: the unary codes of u's blocks, masked, to party 1; the same masks are party 2's shares. The picked bits' shares are masks in common.</summary>
    private void DealCodes(SecretTensor x, int group, LeadingZeroCircuit circuit, SharedPlanes planes)
    {
        int words = planes.Words;
        using SecretBuffer scratch = Pool.Rent(planes.Count + (64L * words));
        Span<ulong> u = scratch.Span[..planes.Count];
        Span<ulong> bits = scratch.Span[planes.Count..];
        RingKernels.Add<ulong>(Shares(x, 0).Slice(group * GroupSize, planes.Count), Shares(x, 1).Slice(group * GroupSize, planes.Count), u);
        RingKernels.ShiftLeft<ulong>(u, circuit.Shift, u);
        BitPlanes.Split(u, circuit.Layout.Bits, bits, words);

        FrameBuffer frame = Next.Rent(circuit.Layout.DealtPlanes * words * sizeof(ulong));
        Span<ulong> dealt = frame.Words;
        UnaryCode.EncodeBlocks(bits, circuit.Layout, dealt, words);
        for (int p = 0; p < circuit.Layout.DealtPlanes; p++)
        {
            Span<ulong> plane = dealt.Slice(p * words, words);
            Span<ulong> mask = bits[..words];
            _withPrevious.Fill(Purpose.DigitDeal, mask);
            RingKernels.Xor<ulong>(plane, mask, plane);
        }

        Next.Send(frame, Operations.DigitDeal);
        _withPrevious.Fill(Purpose.DigitReshare, planes.Of(0, 0, circuit.Reshared));
        _withNext.Fill(Purpose.DigitReshare, planes.Of(1, 0, circuit.Reshared));
    }

    /// <summary>Parties 1 and 2: pick by v, mask, send to each other, open.</summary>
    private async ValueTask PickDigitsAsync(SecretTensor x, LeadingZeroCircuit circuit, SharedPlanes[] groups, CancellationToken cancellationToken)
    {
        if (PartyId == 0)
        {
            return;
        }

        IChannel other = PartyId == 1 ? Next : Previous;
        int opened = PartyId == 1 ? 1 : 0;
        for (int g = 0; g < groups.Length; g++)
        {
            int words = circuit.Layout.DealtPlanes * groups[g].Words;
            using FrameBuffer? dealt = PartyId == 2 ? null : await Previous.ReceiveAsync(Operations.DigitDeal, words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            PickDigits(x, g, circuit, groups[g], dealt is null ? default : dealt.Words);
        }

        foreach (SharedPlanes planes in groups)
        {
            int words = circuit.Reshared * planes.Words;
            using FrameBuffer frame = await other.ReceiveAsync(Operations.DigitReshare, words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Span<ulong> share = planes.Of(opened, 0, circuit.Reshared);
            RingKernels.Xor<ulong>(share, frame.Words, share);
        }
    }

    private void PickDigits(SecretTensor x, int group, LeadingZeroCircuit circuit, SharedPlanes planes, ReadOnlySpan<ulong> dealt)
    {
        const int BlockBits = CarryLayout.BlockBits;
        const int Code = (1 << BlockBits) - 1;
        int words = planes.Words;
        int opened = PartyId == 1 ? 1 : 0;
        using SecretBuffer scratch = Pool.Rent(planes.Count + ((64L + Code + LeadingDigit.Planes) * words));
        Span<ulong> v = scratch.Span[..planes.Count];
        Span<ulong> bits = scratch.Span.Slice(planes.Count, 64 * words);
        Span<ulong> masks = scratch.Span.Slice(planes.Count + (64 * words), Code * words);
        Span<ulong> picked = scratch.Span[^(LeadingDigit.Planes * words)..];
        RingKernels.ShiftLeft<ulong>(Shares(x, opened).Slice(group * GroupSize, planes.Count), circuit.Shift, v);
        BitPlanes.Split(v, circuit.Layout.Bits, bits, words);
        for (int b = 0; b < circuit.Blocks; b++)
        {
            if (PartyId == 2)
            {
                for (int p = 0; p < Code; p++)
                {
                    _withNext.Fill(Purpose.DigitDeal, masks.Slice(p * words, words));
                }
            }

            ReadOnlySpan<ulong> code = PartyId == 2 ? masks : dealt.Slice(CarryLayout.DealtAt(b) * words, Code * words);
            LeadingDigit.Pick(bits.Slice(b * BlockBits * words, BlockBits * words), code, constant: PartyId == 1, picked, words);
            circuit.Put(planes, opened, b, picked);
        }

        Span<ulong> share = planes.Of(opened, 0, circuit.Reshared);
        Span<ulong> own = planes.Of(1 - opened, 0, circuit.Reshared);
        (PartyId == 1 ? _withPrevious : _withNext).Fill(Purpose.DigitReshare, own);
        RingKernels.Xor<ulong>(share, own, share);
        IChannel other = PartyId == 1 ? Next : Previous;
        FrameBuffer frame = other.Rent(share.Length * sizeof(ulong));
        share.CopyTo(frame.Words);
        other.Send(frame, Operations.DigitReshare);
    }

    /// <summary>One level of gates on the planes of all groups: one round, three bits a gate and value.</summary>
    private async ValueTask AndLevelAsync(SharedPlanes[] groups, PlaneGate[] gates, CancellationToken cancellationToken)
    {
        foreach (SharedPlanes planes in groups)
        {
            Span<ulong> level = planes.Multiply(gates);
            ReserveZeroShare(Purpose.ZeroBits, level.Length).Xor(0, level);
            FrameBuffer frame = Previous.Rent(level.Length * sizeof(ulong));
            level.CopyTo(frame.Words);
            Previous.Send(frame, Operations.And);
        }

        foreach (SharedPlanes planes in groups)
        {
            using FrameBuffer frame = await Next.ReceiveAsync(Operations.And, gates.Length * planes.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            planes.Place(gates, frame.Words);
        }
    }
}
