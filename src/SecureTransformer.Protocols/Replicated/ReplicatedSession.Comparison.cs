using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Comparison with zero. Party 0 knows u = x0 + x1, parties 1 and 2 know v = x2, both taken modulo 2^k for a value known to k bits. The sign of x is
/// u_{k-1} xor v_{k-1} xor the carry of the k - 1 low bits of u + v.
/// </content>
/// <remarks>
/// <para>The low bits are cut into blocks of four. For each, party 0 deals XOR shares of the unary code T_w = [u_block >= w] to parties 1 and 2 (to party 2
/// as randomness in common), who both know v and pick, each on its own, their share of generate = [u + v >= 16] = T_{16-v} and of
/// propagate = [u + v = 15] = T_{15-v} xor T_{16-v}. They reshare the picked bits, and a tree of AND gates on (generate, propagate) gives the carry.</para>
/// <para>k = 32: 5 rounds, 22 bytes a value over all parties. x is zero exactly when all blocks of u + (v - 1) propagate.</para>
/// </remarks>
public sealed partial class ReplicatedSession
{
    /// <summary>Elements of one group, whose planes are laid out together: a plane is 1,000 words, so that planes do not fall on the same cache lines.</summary>
    internal const int GroupSize = 64_000;

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width - 1, carry: true, result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width, carry: false, result, cancellationToken);

    private async ValueTask CompareAsync(SecretTensor x, int lowBits, bool carry, SecretBits result, CancellationToken cancellationToken)
    {
        int groups = (x.Shape.Count + GroupSize - 1) / GroupSize;
        var circuits = new BlockPlanes[groups];
        try
        {
            for (int g = 0; g < groups; g++)
            {
                int size = Math.Min(GroupSize, x.Shape.Count - (g * GroupSize));
                circuits[g] = new BlockPlanes(Pool, new CarryLayout(lowBits), carry, size);
                if (PartyId == 0)
                {
                    DealUnary(x, g, circuits[g], result);
                }
            }

            if (PartyId != 0)
            {
                for (int g = 0; g < groups; g++)
                {
                    BlockPlanes planes = circuits[g];
                    using FrameBuffer? dealt = PartyId == 2 ? null : await Previous.ReceiveAsync(Operations.CarryDeal, planes.DealtWords * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                    PickAndMask(x, g, planes, dealt is null ? default : dealt.Words, result);
                }

                IChannel other = PartyId == 1 ? Next : Previous;
                int opened = PartyId == 1 ? 1 : 0;
                for (int g = 0; g < groups; g++)
                {
                    using FrameBuffer frame = await other.ReceiveAsync(Operations.CarryReshare, circuits[g].ResharedWords * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                    Span<ulong> share = circuits[g].Reshared(opened);
                    RingKernels.Xor<ulong>(share, frame.Words, share);
                }
            }

            while (circuits[0].Blocks > 1)
            {
                foreach (BlockPlanes planes in circuits)
                {
                    SendLevel(planes);
                }

                foreach (BlockPlanes planes in circuits)
                {
                    using FrameBuffer frame = await Next.ReceiveAsync(Operations.And, planes.LevelWords * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                    planes.FinishLevel(frame.Words);
                }
            }

            for (int g = 0; g < groups; g++)
            {
                for (int c = 0; c < Components; c++)
                {
                    Span<ulong> target = Shares(result, c).Slice(g * GroupSize / 64, circuits[g].PlaneWords);
                    RingKernels.Xor<ulong>(target, circuits[g].Outcome(c), target);
                }
            }
        }
        finally
        {
            foreach (BlockPlanes? planes in circuits)
            {
                planes?.Dispose();
            }
        }
    }

    /// <summary>Party 0: the unary codes of u's blocks, masked, to party 1; the same masks are party 2's shares. With them the top bit of u, whose shares go to the result.</summary>
    private void DealUnary(SecretTensor x, int group, BlockPlanes planes, SecretBits result)
    {
        CarryLayout layout = planes.Layout;
        int words = planes.PlaneWords;
        using SecretBuffer scratch = Pool.Rent(planes.Count + (64L * words));
        Span<ulong> u = scratch.Span[..planes.Count];
        Span<ulong> bits = scratch.Span[planes.Count..];
        RingKernels.Add<ulong>(Shares(x, 0).Slice(group * GroupSize, planes.Count), Shares(x, 1).Slice(group * GroupSize, planes.Count), u);
        BitPlanes.Split(u, layout.Bits + (planes.Carry ? 1 : 0), bits, words);

        FrameBuffer frame = Next.Rent(planes.DealtWords * sizeof(ulong));
        Span<ulong> dealt = frame.Words;
        UnaryCode.EncodeBlocks(bits, layout, dealt, words);
        if (planes.Carry)
        {
            bits.Slice(layout.Bits * words, words).CopyTo(dealt[(layout.DealtPlanes * words)..]);
        }

        Span<ulong> mask = bits[..words];
        for (int p = 0; p < dealt.Length / words; p++)
        {
            Span<ulong> plane = dealt.Slice(p * words, words);
            _withPrevious.Fill(Purpose.CarryDeal, mask);
            RingKernels.Xor<ulong>(plane, mask, plane);
        }

        if (planes.Carry)
        {
            // The top bit's shares b0 (in common with party 2) and b1 (sent to party 1) start the result's.
            mask.CopyTo(Shares(result, 0)[(group * GroupSize / 64)..]);
            dealt[(layout.DealtPlanes * words)..].CopyTo(Shares(result, 1)[(group * GroupSize / 64)..]);
        }

        Next.Send(frame, Operations.CarryDeal);
        _withPrevious.Fill(Purpose.CarryReshare, planes.Reshared(0));
        _withNext.Fill(Purpose.CarryReshare, planes.Reshared(1));
    }

    /// <summary>Parties 1 and 2: pick generate and propagate of each block by v, mask them, and send them to each other.</summary>
    private void PickAndMask(SecretTensor x, int group, BlockPlanes planes, ReadOnlySpan<ulong> dealt, SecretBits result)
    {
        CarryLayout layout = planes.Layout;
        int words = planes.PlaneWords;
        int opened = PartyId == 1 ? 1 : 0;
        using SecretBuffer scratch = Pool.Rent(planes.Count + (64L * words) + planes.DealtWords);
        Span<ulong> v = scratch.Span[..planes.Count];
        Span<ulong> bits = scratch.Span.Slice(planes.Count, 64 * words);
        Shares(x, opened).Slice(group * GroupSize, planes.Count).CopyTo(v);
        if (!planes.Carry)
        {
            RingKernels.AddScalar(v, ulong.MaxValue, v);
        }

        BitPlanes.Split(v, layout.Bits + (planes.Carry ? 1 : 0), bits, words);
        if (PartyId == 2)
        {
            Span<ulong> masks = scratch.Span[(planes.Count + (64 * words))..];
            for (int p = 0; p < masks.Length / words; p++)
            {
                _withNext.Fill(Purpose.CarryDeal, masks.Slice(p * words, words));
            }

            dealt = masks;
        }

        Span<ulong> share = planes.Reshared(opened);
        for (int b = 0; b < layout.Blocks; b++)
        {
            int size = layout.SizeOf(b);
            UnaryCode.Pick(
                bits.Slice(b * CarryLayout.BlockBits * words, size * words),
                size,
                dealt.Slice(CarryLayout.DealtAt(b) * words, ((1 << size) - 1) * words),
                constant: PartyId == 1,
                planes.GenerateIn(share, b),
                planes.PropagateIn(share, b),
                words);
        }

        if (planes.Carry)
        {
            Span<ulong> v2 = Shares(result, opened).Slice(group * GroupSize / 64, words);
            bits.Slice(layout.Bits * words, words).CopyTo(v2);
            dealt[(layout.DealtPlanes * words)..].CopyTo(Shares(result, 1 - opened)[(group * GroupSize / 64)..]);
        }

        Span<ulong> own = planes.Reshared(1 - opened);
        (PartyId == 1 ? _withPrevious : _withNext).Fill(Purpose.CarryReshare, own);
        RingKernels.Xor<ulong>(share, own, share);
        IChannel other = PartyId == 1 ? Next : Previous;
        FrameBuffer frame = other.Rent(share.Length * sizeof(ulong));
        share.CopyTo(frame.Words);
        other.Send(frame, Operations.CarryReshare);
    }

    private void SendLevel(BlockPlanes planes)
    {
        FrameBuffer frame = Previous.Rent(planes.LevelWords * sizeof(ulong));
        planes.StartLevel(frame.Words, XorZeroShare, AndLocal);
        Previous.Send(frame, Operations.And);
    }
}
