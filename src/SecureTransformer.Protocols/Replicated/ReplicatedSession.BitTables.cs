using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Public linear combinations of bits as numbers. With p = b0 ^ b1 known to party 0 and q = b2 to parties 1 and 2, sum_j c_j b_j = sum_j c_j (q_j + (1 - 2 q_j) p_j):
/// party 0 deals additive shares of each p_j once, and each combination is reshared once.
/// </content>
public sealed partial class ReplicatedSession
{
    /// <summary>results[t] = constant + sum over bits of factor times bit. Two rounds; 8 bytes a bit and 16 a result.</summary>
    private async ValueTask CombineBitsAsync(
        SharedPlanes[] groups,
        IReadOnlyList<int> bits,
        (long Constant, long[] Factors)[] sums,
        IReadOnlyList<SecretTensor> results,
        CancellationToken cancellationToken)
    {
        // Elements of one frame.
        int run = Chunks.Size / bits.Count & ~63;
        IChannel? other = PartyId switch { 1 => Next, 2 => Previous, _ => null };
        foreach ((int group, int start, int length) in Runs(groups, run))
        {
            if (PartyId == 0)
            {
                DealBits(groups[group], bits, results, group, start, length);
                continue;
            }

            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.TableDeal, bits.Count * length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            SumBits(groups[group], bits, sums, results, group, start, length, dealt is null ? default : dealt.Words);
            foreach (SecretTensor result in results)
            {
                Send(other!, Operations.TableReshare, Shares(result, PartyId == 1 ? 1 : 0).Slice((group * GroupSize) + start, length));
            }
        }

        foreach ((int group, int start, int length) in other is null ? [] : Runs(groups, run))
        {
            foreach (SecretTensor result in results)
            {
                using FrameBuffer frame = await other!.ReceiveAsync(Operations.TableReshare, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                RingKernels.AddInto<ulong>(Shares(result, PartyId == 1 ? 1 : 0).Slice((group * GroupSize) + start, length), frame.Words);
            }
        }

        for (int t = 0; t < sums.Length && ConstantComponent >= 0; t++)
        {
            Span<ulong> share = Shares(results[t], ConstantComponent);
            RingKernels.AddScalar(share, unchecked((ulong)sums[t].Constant), share);
        }
    }

    /// <summary>Party 0: deals each p; its components of the results are masks in common with parties 2 and 1.</summary>
    private void DealBits(SharedPlanes planes, IReadOnlyList<int> bits, IReadOnlyList<SecretTensor> results, int group, int start, int length)
    {
        Span<ulong> mask = stackalloc ulong[Block];
        FrameBuffer frame = Previous.Rent(bits.Count * length * sizeof(ulong));
        for (int at = 0; at < length; at += Block)
        {
            int size = Math.Min(Block, length - at);
            Span<ulong> part = mask[..size];
            for (int j = 0; j < bits.Count; j++)
            {
                Span<ulong> p = frame.Words.Slice((j * length) + at, size);
                BitMasks.Expand(planes.Of(0, bits[j]), start + at, p);
                BitMasks.Expand(planes.Of(1, bits[j]), start + at, part);
                RingKernels.Xor<ulong>(p, part, p);
                RingKernels.Negate<ulong>(p, p);
                _withNext.Fill(Purpose.TableDeal, part);
                RingKernels.SubtractInto<ulong>(p, part);
            }
        }

        Previous.Send(frame, Operations.TableDeal);
        foreach (SecretTensor result in results)
        {
            _withPrevious.Fill(Purpose.TableReshare, Shares(result, 0).Slice((group * GroupSize) + start, length));
            _withNext.Fill(Purpose.TableReshare, Shares(result, 1).Slice((group * GroupSize) + start, length));
        }
    }

    /// <summary>Parties 1 and 2: their additive shares of the sums, masked, in the component that is opened; the masks in the other.</summary>
    private void SumBits(
        SharedPlanes planes,
        IReadOnlyList<int> bits,
        (long Constant, long[] Factors)[] sums,
        IReadOnlyList<SecretTensor> results,
        int group,
        int start,
        int length,
        ReadOnlySpan<ulong> dealt)
    {
        int known = PartyId == 1 ? 1 : 0;
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        int offset = (group * GroupSize) + start;
        Span<ulong> buffer = stackalloc ulong[2 * Block];
        for (int at = 0; at < length; at += Block)
        {
            int size = Math.Min(Block, length - at);
            Span<ulong> q = buffer[..size];
            Span<ulong> term = buffer.Slice(Block, size);
            for (int j = 0; j < bits.Count; j++)
            {
                BitMasks.Expand(planes.Of(known, bits[j]), start + at, q);
                if (PartyId == 1)
                {
                    withDealer.Fill(Purpose.TableDeal, term);
                }
                else
                {
                    dealt.Slice((j * length) + at, size).CopyTo(term);
                }

                // (1 - 2q) p with q as a mask of ones is (p xor q) - q; one party adds q, which is -mask.
                RingKernels.Xor<ulong>(term, q, term);
                RingKernels.SubtractInto<ulong>(term, q);
                if (PartyId == 1)
                {
                    RingKernels.SubtractInto<ulong>(term, q);
                }

                for (int t = 0; t < sums.Length; t++)
                {
                    if (sums[t].Factors[j] != 0)
                    {
                        RingKernels.MultiplyScalarAddInto(Shares(results[t], known).Slice(offset + at, size), term, unchecked((ulong)sums[t].Factors[j]));
                    }
                }
            }
        }

        foreach (SecretTensor result in results)
        {
            Span<ulong> mask = Shares(result, 1 - known).Slice(offset, length);
            withDealer.Fill(Purpose.TableReshare, mask);
            RingKernels.SubtractInto<ulong>(Shares(result, known).Slice(offset, length), mask);
        }
    }

    private static IEnumerable<(int Group, int Start, int Length)> Runs(SharedPlanes[] groups, int run)
    {
        for (int g = 0; g < groups.Length; g++)
        {
            for (int start = 0; start < groups[g].Count; start += run)
            {
                yield return (g, start, Math.Min(run, groups[g].Count - start));
            }
        }
    }
}
