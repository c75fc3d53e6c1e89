using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Functions with an addition theorem. Party 0 knows u = x0 + x1, parties 1 and 2 know v = x2. Where f(u + v) is a sum of products a_j(u) b_j(v), party 0 deals additive shares of
/// the a_j to parties 1 and 2, who multiply them by the b_j on their own: an additive sharing of f(x), which a truncation makes a replicated one.
/// </content>
/// <remarks>
/// Sines and cosines: Boura et al. 2018 (Financial Cryptography, "High-Precision Privacy-Preserving Real-Valued Function Evaluation") and Zheng et al. 2023 (ACSAC, "Secure
/// Softmax/Sigmoid for Machine-learning Computation"). Exponentials as products of exponentials of the summands: Kelkar et al. 2022 (USENIX Security, "Secure Poisson
/// Regression"). The arrangement for three parties, the parabola and the one-hot code of the integer part are our own.
/// </remarks>
public sealed partial class ReplicatedSession
{
    /// <summary>Elements that the kernels work on at a time.</summary>
    private const int AddendBlock = 256;

    /// <inheritdoc/>
    public override bool HasAdditionTheorems => true;

    /// <summary>The fractional bits of an exponential before its truncation, of which half are party 0's factor's.</summary>
    internal static int ExponentialBits(int fractionalBits) => fractionalBits + (fractionalBits <= 20 ? 23 : 28);

    /// <inheritdoc/>
    /// <remarks>
    /// 2 K words of party 0 for K harmonics, in the bytes of a ring that holds the sum; the line and the parabola are local. Three rounds.
    /// </remarks>
    protected override async ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sum);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        (int accumulatorBits, int ringBits) = sum.Layout(x.FractionalBits);
        int width = ringBits / 8;
        int count = x.Shape.Count;
        long maskBytes = 2L * sum.Harmonics * width * count;
        if (PartyId == 0)
        {
            DealHarmonics(sum, x, accumulatorBits, width, _withNext.ReserveBytes(Purpose.AddendDeal, maskBytes), result);
        }
        else
        {
            MaskRange common = PartyId == 1 ? _withPrevious.ReserveBytes(Purpose.AddendDeal, maskBytes) : default;
            int run = HarmonicRun(sum);
            for (int start = 0; start < count; start += run)
            {
                int length = Math.Min(run, count - start);
                using FrameBuffer? dealt = PartyId == 1
                    ? null
                    : await Next.ReceiveAsync(Operations.AddendDeal, 2 * sum.Harmonics * length * width, cancellationToken).ConfigureAwait(false);
                CombineHarmonics(sum, x, start, length, accumulatorBits, width, dealt, common, result);
            }
        }

        await TruncateAdditiveAsync(result, accumulatorBits - result.FractionalBits, ringBits, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// With x + 30 = 2^f n + t for u and v each: exp(x) = e^t(u) e^t(v) e^(n(u) + n(v) - 30), n modulo 32. Party 0 deals XOR shares of a one-hot code of its n and bit, which
    /// parties 1 and 2 turn by theirs; the entry e^(n - 30) e^t(v) that is picked by both shares is the difference of what each picks, but for a sign that party 0 knows, who
    /// puts it in its factor e^t(u). 16 bytes dealt, 16 reshared, one truncation; four rounds.
    /// </remarks>
    protected override async ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        int bits = ExponentialBits(x.FractionalBits);
        int count = x.Shape.Count;
        if (PartyId == 0)
        {
            DealPower(x, keep, bits, result);
        }
        else
        {
            IChannel other = PartyId == 1 ? Next : Previous;
            PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
            MaskRange codes = PartyId == 1 ? withDealer.Reserve(Purpose.AddendDeal, count) : default;
            MaskRange factors = PartyId == 1 ? withDealer.Reserve(Purpose.AddendDeal, count) : default;
            MaskRange reshared = withDealer.Reserve(Purpose.AddendReshare, count);
            for (int start = 0; start < count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, count - start);
                using FrameBuffer? dealt = PartyId == 1
                    ? null
                    : await Next.ReceiveAsync(Operations.AddendDeal, length * 2 * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                using FrameBuffer masked = other.Rent(length * sizeof(ulong));
                PickPower(x, keep, start, length, bits, dealt, codes, factors, reshared, result, masked);
                other.Send(masked, Operations.AddendReshare);
            }

            for (int start = 0; start < count; start += Chunks.Size)
            {
                int first = start;
                int length = Math.Min(Chunks.Size, count - start);
                using FrameBuffer frame = await other.ReceiveAsync(Operations.AddendReshare, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                InParallel(length, Grain, (from, size) =>
                {
                    Span<ulong> picked = Shares(result, 0).Slice(first + from, size);
                    RingKernels.AddInto<ulong>(picked, frame.Words.Slice(from, size));
                    RingKernels.Multiply<ulong>(picked, Shares(result, 1).Slice(first + from, size), picked);
                });
            }
        }

        await TruncateAdditiveAsync(result, bits - result.FractionalBits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Elements of one frame of dealt harmonics: whole blocks, at most about 4 MB.</summary>
    private static int HarmonicRun(HarmonicSum sum) => Math.Max(AddendBlock, Chunks.Size / sum.Harmonics / AddendBlock * AddendBlock);

    /// <summary>z = this party's additive share of c0 + linear x + x^2 / 2^s, for some of the elements.</summary>
    private void SetParabola(HarmonicSum sum, SecretTensor x, int start, int accumulatorBits, Span<ulong> z, Span<ulong> scratch)
    {
        ReadOnlySpan<ulong> own = Shares(x, 0).Slice(start, z.Length);
        RingKernels.MultiplyScalar(own, FixedPointFormat.Encode(sum.Linear, accumulatorBits - x.FractionalBits, "linear factor"), z);
        if (PartyId == 0)
        {
            RingKernels.AddScalar(z, FixedPointFormat.Encode(sum.Constant, accumulatorBits, "constant"), z);
        }

        if (sum.SquareShift is { } s)
        {
            // x_i (x_i + 2 x_{i+1}).
            Span<ulong> part = scratch[..z.Length];
            RingKernels.ShiftLeft<ulong>(Shares(x, 1).Slice(start, z.Length), 1, part);
            RingKernels.AddInto(part, own);
            RingKernels.Multiply(part, own, part);
            RingKernels.ShiftLeft<ulong>(part, accumulatorBits - (2 * x.FractionalBits) - s, part);
            RingKernels.AddInto<ulong>(z, part);
        }
    }

    /// <summary>Party 0: its share of the parabola; cos(k u) and sin(k u), shared between party 1, who has them from common randomness, and party 2.</summary>
    private void DealHarmonics(HarmonicSum sum, SecretTensor x, int accumulatorBits, int width, MaskRange drawn, SecretTensor result)
    {
        int rows = 2 * sum.Harmonics;
        int run = HarmonicRun(sum);
        for (int first = 0; first < x.Shape.Count; first += run)
        {
            int start = first;
            int length = Math.Min(run, x.Shape.Count - start);
            FrameBuffer frame = Previous.Rent(length * rows * width);
            InParallel(length, AddendBlock, (from, elements) => DealRun(start, length, from, elements, frame));
            Previous.Send(frame, Operations.AddendDeal);
        }

        void DealRun(int start, int length, int from, int elements, FrameBuffer frame)
        {
            using SecretBuffer scratch = Pool.Rent(AddendBlock * ((2L * rows) + 2));
            Span<ulong> phases = scratch.Span[..AddendBlock];
            Span<ulong> mask = scratch.Span.Slice(AddendBlock, AddendBlock);
            Span<ulong> words = scratch.Span.Slice(2 * AddendBlock, AddendBlock * rows);
            Span<byte> room = MemoryMarshal.AsBytes(scratch.Span[((2 + rows) * AddendBlock)..]);
            for (int at = from; at < from + elements; at += AddendBlock)
            {
                int size = Math.Min(AddendBlock, from + elements - at);
                SetParabola(sum, x, start + at, accumulatorBits, Shares(result, 0).Slice(start + at, size), mask);
                RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), phases[..size]);
                ToPhases(phases[..size], sum, x);
                AddendKernels.Harmonics(Padded(phases, size), sum.Harmonics, FirstBits(accumulatorBits), words, AddendBlock);
                Span<byte> masks = room[..(rows * size * width)];
                drawn.FillBytes((long)(start + at) * rows * width, masks);
                for (int row = 0; row < rows; row++)
                {
                    Span<ulong> word = words.Slice(row * AddendBlock, size);
                    NarrowWords.Read(masks.Slice(row * size * width, size * width), width, mask[..size]);
                    RingKernels.SubtractInto<ulong>(word, mask[..size]);
                    NarrowWords.Write(word, width, frame.Span.Slice(((row * length) + at) * width, size * width));
                }
            }
        }
    }

    /// <summary>Parties 1 and 2: their share of the parabola, and shares of party 0's words times the own ones.</summary>
    private void CombineHarmonics(
        HarmonicSum sum, SecretTensor x, int start, int length, int accumulatorBits, int width, FrameBuffer? dealt, MaskRange drawn, SecretTensor result) =>
        InParallel(length, AddendBlock, (from, elements) =>
        {
            int rows = 2 * sum.Harmonics;
            using SecretBuffer scratch = Pool.Rent(AddendBlock * ((2L * rows) + 3));
            Span<ulong> phases = scratch.Span[..AddendBlock];
            Span<ulong> total = scratch.Span.Slice(AddendBlock, AddendBlock);
            Span<ulong> square = scratch.Span.Slice(2 * AddendBlock, AddendBlock);
            Span<ulong> words = scratch.Span.Slice(3 * AddendBlock, AddendBlock * rows);
            Span<byte> room = MemoryMarshal.AsBytes(scratch.Span[((3 + rows) * AddendBlock)..]);
            for (int at = from; at < from + elements; at += AddendBlock)
            {
                int size = Math.Min(AddendBlock, from + elements - at);
                Shares(x, PartyId == 1 ? 1 : 0).Slice(start + at, size).CopyTo(phases);
                ToPhases(phases[..size], sum, x);
                Span<byte> masks = room[..(rows * size * width)];
                if (dealt is null)
                {
                    drawn.FillBytes((long)(start + at) * rows * width, masks);
                }

                for (int row = 0; row < rows; row++)
                {
                    ReadOnlySpan<byte> share = dealt is null ? masks.Slice(row * size * width, size * width) : dealt.Span.Slice(((row * length) + at) * width, size * width);
                    NarrowWords.Read(share, width, words.Slice(row * AddendBlock, size));
                }

                SetParabola(sum, x, start + at, accumulatorBits, total[..size], square);
                AddendKernels.AddHarmonics(Padded(phases, size), sum.Cosines, sum.Sines, accumulatorBits - FirstBits(accumulatorBits), words, AddendBlock, total);
                total[..size].CopyTo(Shares(result, 0)[(start + at)..]);
            }
        });

    /// <summary>Party 0: the one-hot codes of its digits and bits, and its factors with the picked entries' signs; its share of the products in component 0.</summary>
    private void DealPower(SecretTensor x, SecretBits keep, int accumulatorBits, SecretTensor result)
    {
        int count = x.Shape.Count;
        int fractionalBits = x.FractionalBits;
        MaskRange codeMasks = _withNext.Reserve(Purpose.AddendDeal, count);
        MaskRange factorMasks = _withNext.Reserve(Purpose.AddendDeal, count);
        MaskRange reshared0 = _withPrevious.Reserve(Purpose.AddendReshare, count);
        MaskRange reshared1 = _withNext.Reserve(Purpose.AddendReshare, count);
        foreach ((int start, int length) in new Chunks(count))
        {
            FrameBuffer frame = Previous.Rent(length * 2 * sizeof(ulong));
            InParallel(length, AddendBlock, (from, elements) => DealRun(start, length, from, elements, frame));
            Previous.Send(frame, Operations.AddendDeal);
        }

        void DealRun(int start, int length, int from, int elements, FrameBuffer frame)
        {
            using SecretBuffer scratch = Pool.Rent(AddendBlock * 5);
            Span<ulong> u = scratch.Span[..AddendBlock];
            Span<ulong> place = scratch.Span.Slice(AddendBlock, AddendBlock);
            Span<ulong> factor = scratch.Span.Slice(2 * AddendBlock, AddendBlock);
            Span<ulong> first = scratch.Span.Slice(3 * AddendBlock, AddendBlock);
            Span<ulong> mask = scratch.Span.Slice(4 * AddendBlock, AddendBlock);
            ulong offset = (ulong)AddendKernels.ExponentOffset << fractionalBits;
            for (int at = from; at < from + elements; at += AddendBlock)
            {
                int size = Math.Min(AddendBlock, from + elements - at);
                RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), u[..size]);
                RingKernels.AddScalar(u, offset, u);
                BitMasks.Expand(Shares(keep, 0), start + at, place[..size]);
                BitMasks.Expand(Shares(keep, 1), start + at, mask[..size]);
                codeMasks.Fill(start + at, first[..size]);
                Span<ulong> codes = frame.Words.Slice(at, size);
                for (int i = 0; i < size; i++)
                {
                    // The place of the one: the digit, and 32 more where party 0's part of the bit is set.
                    int one = (int)((u[i] >> fractionalBits) & 31) | (int)((place[i] ^ mask[i]) & 32);
                    codes[i] = (1UL << one) ^ first[i];
                    mask[i] = ((first[i] >> one) & 1) - 1;
                    u[i] &= (1UL << fractionalBits) - 1;
                }

                // Party 1's share adds and party 2's subtracts: the sign is minus where party 1's bit is not the set one.
                AddendKernels.Exponentials(Padded(u, size), fractionalBits, FirstBits(accumulatorBits), factor);
                RingKernels.Xor<ulong>(factor[..size], mask[..size], factor[..size]);
                RingKernels.SubtractInto<ulong>(factor[..size], mask[..size]);
                factorMasks.Fill(start + at, mask[..size]);
                RingKernels.Subtract<ulong>(factor[..size], mask[..size], frame.Words.Slice(length + at, size));

                Span<ulong> share = Shares(result, 0).Slice(start + at, size);
                reshared0.Fill(start + at, share);
                reshared1.Fill(start + at, mask[..size]);
                RingKernels.AddInto<ulong>(share, mask[..size]);
                RingKernels.Multiply<ulong>(share, factor[..size], share);
            }
        }
    }

    /// <summary>Parties 1 and 2: the own share of the picked entry, masked, in component 0 and in a frame, and the own share of party 0's factor in component 1.</summary>
    private void PickPower(
        SecretTensor x,
        SecretBits keep,
        int start,
        int length,
        int accumulatorBits,
        FrameBuffer? dealt,
        MaskRange codes,
        MaskRange factors,
        MaskRange reshared,
        SecretTensor result,
        FrameBuffer masked) => InParallel(length, AddendBlock, (from, elements) =>
        {
            int fractionalBits = x.FractionalBits;
            int known = PartyId == 1 ? 1 : 0;
            using SecretBuffer scratch = Pool.Rent(AddendBlock * 4);
            Span<ulong> v = scratch.Span[..AddendBlock];
            Span<ulong> digit = scratch.Span.Slice(AddendBlock, AddendBlock);
            Span<ulong> code = scratch.Span.Slice(2 * AddendBlock, AddendBlock);
            Span<ulong> q = scratch.Span.Slice(3 * AddendBlock, AddendBlock);
            for (int at = from; at < from + elements; at += AddendBlock)
            {
                int size = Math.Min(AddendBlock, from + elements - at);
                Span<ulong> factor = Shares(result, 1).Slice(start + at, size);
                if (dealt is null)
                {
                    codes.Fill(start + at, code[..size]);
                    factors.Fill(start + at, factor);
                }
                else
                {
                    dealt.Words.Slice(at, size).CopyTo(code);
                    dealt.Words.Slice(length + at, size).CopyTo(factor);
                }

                // The bit is set where party 0's part and q differ: the half of the code for q = 1 is the low one.
                BitMasks.Expand(Shares(keep, known), start + at, q[..size]);
                Shares(x, known).Slice(start + at, size).CopyTo(v);
                for (int i = 0; i < size; i++)
                {
                    digit[i] = (v[i] >> fractionalBits) & 31;
                    v[i] &= (1UL << fractionalBits) - 1;
                }

                AddendKernels.Turn(code[..size], q[..size], digit[..size], code[..size]);
                AddendKernels.PickPower(Padded(v, size), fractionalBits, code, accumulatorBits - FirstBits(accumulatorBits), q);
                Span<ulong> share = Shares(result, 0).Slice(start + at, size);
                q[..size].CopyTo(share);
                if (PartyId == 2)
                {
                    RingKernels.Negate<ulong>(share, share);
                }

                reshared.Fill(start + at, q[..size]);
                SelectionKernels.Mask(share, q[..size], masked.Words.Slice(at, size));
            }
        });

    /// <summary>Of the fractional bits before a truncation, those of party 0's words.</summary>
    private static int FirstBits(int accumulatorBits) => accumulatorBits / 2;

    /// <summary>An argument's place in its period, as a fraction of 2^64.</summary>
    private static void ToPhases(Span<ulong> x, HarmonicSum sum, SecretTensor argument) =>
        RingKernels.ShiftLeft<ulong>(x, 64 - sum.PeriodBits - argument.FractionalBits, x);

    private static ReadOnlySpan<ulong> Padded(Span<ulong> block, int size) => block[..((size + AddendKernels.Lanes - 1) / AddendKernels.Lanes * AddendKernels.Lanes)];
}
