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
        AddParabola(sum, x, accumulatorBits, Shares(result, 0));
        int width = ringBits / 8;
        int rows = 2 * sum.Harmonics;
        int run = HarmonicRun(sum);
        for (int start = 0; start < x.Shape.Count; start += run)
        {
            int length = Math.Min(run, x.Shape.Count - start);
            if (PartyId == 0)
            {
                DealHarmonics(sum, x, start, length, accumulatorBits, width);
                continue;
            }

            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.AddendDeal, length * rows * width, cancellationToken).ConfigureAwait(false);
            CombineHarmonics(sum, x, start, length, accumulatorBits, width, dealt is null ? default : dealt.Span, Shares(result, 0).Slice(start, length));
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
        IChannel? other = PartyId switch { 1 => Next, 2 => Previous, _ => null };
        for (int start = 0; start < x.Shape.Count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, x.Shape.Count - start);
            if (PartyId == 0)
            {
                DealPower(x, keep, start, length, bits, Shares(result, 0).Slice(start, length));
                continue;
            }

            using FrameBuffer? dealt = PartyId == 1
                ? null
                : await Next.ReceiveAsync(Operations.AddendDeal, length * 2 * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            PickPower(x, keep, start, length, bits, dealt is null ? default : dealt.Words, Shares(result, 0).Slice(start, length), Shares(result, 1).Slice(start, length));
            Send(other!, Operations.AddendReshare, Shares(result, 0).Slice(start, length));
        }

        for (int start = 0; other is not null && start < x.Shape.Count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, x.Shape.Count - start);
            using FrameBuffer frame = await other.ReceiveAsync(Operations.AddendReshare, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Span<ulong> picked = Shares(result, 0).Slice(start, length);
            RingKernels.AddInto<ulong>(picked, frame.Words);
            RingKernels.Multiply<ulong>(picked, Shares(result, 1).Slice(start, length), picked);
        }

        await TruncateAdditiveAsync(result, bits - result.FractionalBits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Elements of one frame of dealt harmonics: whole blocks, at most about 4 MB.</summary>
    private static int HarmonicRun(HarmonicSum sum) => Math.Max(AddendBlock, Chunks.Size / sum.Harmonics / AddendBlock * AddendBlock);

    /// <summary>z = this party's additive share of c0 + linear x + x^2 / 2^s.</summary>
    private void AddParabola(HarmonicSum sum, SecretTensor x, int accumulatorBits, Span<ulong> z)
    {
        RingKernels.MultiplyScalar(Shares(x, 0), FixedPointFormat.Encode(sum.Linear, accumulatorBits - x.FractionalBits, "linear factor"), z);
        if (PartyId == 0)
        {
            RingKernels.AddScalar(z, FixedPointFormat.Encode(sum.Constant, accumulatorBits, "constant"), z);
        }

        if (sum.SquareShift is not { } s)
        {
            return;
        }

        Span<ulong> buffer = stackalloc ulong[Block];
        int shift = accumulatorBits - (2 * x.FractionalBits) - s;
        for (int start = 0; start < z.Length; start += Block)
        {
            // x_i (x_i + 2 x_{i+1}).
            Span<ulong> part = buffer[..Math.Min(Block, z.Length - start)];
            ReadOnlySpan<ulong> own = Shares(x, 0).Slice(start, part.Length);
            RingKernels.ShiftLeft<ulong>(Shares(x, 1).Slice(start, part.Length), 1, part);
            RingKernels.AddInto(part, own);
            RingKernels.Multiply(part, own, part);
            RingKernels.ShiftLeft<ulong>(part, shift, part);
            RingKernels.AddInto<ulong>(z.Slice(start, part.Length), part);
        }

        buffer.Clear();
    }

    /// <summary>Party 0: cos(k u) and sin(k u), shared between party 1, who has them from common randomness, and party 2.</summary>
    private void DealHarmonics(HarmonicSum sum, SecretTensor x, int start, int length, int accumulatorBits, int width)
    {
        int rows = 2 * sum.Harmonics;
        FrameBuffer frame = Previous.Rent(length * rows * width);
        using SecretBuffer scratch = Pool.Rent(AddendBlock * (rows + 2L));
        using SecretBuffer drawn = Pool.Rent(AddendBlock * rows);
        Span<ulong> phases = scratch.Span[..AddendBlock];
        Span<ulong> mask = scratch.Span.Slice(AddendBlock, AddendBlock);
        Span<ulong> words = scratch.Span.Slice(2 * AddendBlock, AddendBlock * rows);
        for (int at = 0; at < length; at += AddendBlock)
        {
            int size = Math.Min(AddendBlock, length - at);
            RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), phases[..size]);
            ToPhases(phases[..size], sum, x);
            AddendKernels.Harmonics(Padded(phases, size), sum.Harmonics, FirstBits(accumulatorBits), words, AddendBlock);
            Span<byte> masks = MemoryMarshal.AsBytes(drawn.Span)[..(rows * size * width)];
            _withNext.Fill(Purpose.AddendDeal, masks);
            for (int row = 0; row < rows; row++)
            {
                Span<ulong> word = words.Slice(row * AddendBlock, size);
                NarrowWords.Read(masks.Slice(row * size * width, size * width), width, mask[..size]);
                RingKernels.SubtractInto<ulong>(word, mask[..size]);
                NarrowWords.Write(word, width, frame.Span.Slice(((row * length) + at) * width, size * width));
            }
        }

        Previous.Send(frame, Operations.AddendDeal);
    }

    /// <summary>Parties 1 and 2: z += shares of party 0's words times the own ones.</summary>
    private void CombineHarmonics(HarmonicSum sum, SecretTensor x, int start, int length, int accumulatorBits, int width, ReadOnlySpan<byte> dealt, Span<ulong> z)
    {
        int rows = 2 * sum.Harmonics;
        using SecretBuffer scratch = Pool.Rent(AddendBlock * (rows + 2L));
        using SecretBuffer drawn = Pool.Rent(AddendBlock * rows);
        Span<ulong> phases = scratch.Span[..AddendBlock];
        Span<ulong> total = scratch.Span.Slice(AddendBlock, AddendBlock);
        Span<ulong> words = scratch.Span.Slice(2 * AddendBlock, AddendBlock * rows);
        for (int at = 0; at < length; at += AddendBlock)
        {
            int size = Math.Min(AddendBlock, length - at);
            Shares(x, PartyId == 1 ? 1 : 0).Slice(start + at, size).CopyTo(phases);
            ToPhases(phases[..size], sum, x);
            Span<byte> masks = MemoryMarshal.AsBytes(drawn.Span)[..(rows * size * width)];
            if (PartyId == 1)
            {
                _withPrevious.Fill(Purpose.AddendDeal, masks);
            }

            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<byte> share = PartyId == 1 ? masks.Slice(row * size * width, size * width) : dealt.Slice(((row * length) + at) * width, size * width);
                NarrowWords.Read(share, width, words.Slice(row * AddendBlock, size));
            }

            z.Slice(at, size).CopyTo(total);
            AddendKernels.AddHarmonics(Padded(phases, size), sum.Cosines, sum.Sines, accumulatorBits - FirstBits(accumulatorBits), words, AddendBlock, total);
            total[..size].CopyTo(z.Slice(at, size));
        }
    }

    /// <summary>Party 0: the one-hot code of its digit and bit, and its factor with the picked entry's sign; z = its share of the product.</summary>
    private void DealPower(SecretTensor x, SecretBits keep, int start, int length, int accumulatorBits, Span<ulong> z)
    {
        int fractionalBits = x.FractionalBits;
        FrameBuffer frame = Previous.Rent(length * 2 * sizeof(ulong));
        using SecretBuffer scratch = Pool.Rent(AddendBlock * 5);
        Span<ulong> u = scratch.Span[..AddendBlock];
        Span<ulong> place = scratch.Span.Slice(AddendBlock, AddendBlock);
        Span<ulong> factor = scratch.Span.Slice(2 * AddendBlock, AddendBlock);
        Span<ulong> first = scratch.Span.Slice(3 * AddendBlock, AddendBlock);
        Span<ulong> mask = scratch.Span.Slice(4 * AddendBlock, AddendBlock);
        ulong offset = (ulong)AddendKernels.ExponentOffset << fractionalBits;
        for (int at = 0; at < length; at += AddendBlock)
        {
            int size = Math.Min(AddendBlock, length - at);
            RingKernels.Add<ulong>(Shares(x, 0).Slice(start + at, size), Shares(x, 1).Slice(start + at, size), u[..size]);
            RingKernels.AddScalar(u, offset, u);
            BitMasks.Expand(Shares(keep, 0), start + at, place[..size]);
            BitMasks.Expand(Shares(keep, 1), start + at, mask[..size]);
            _withNext.Fill(Purpose.AddendDeal, first[..size]);
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
            _withNext.Fill(Purpose.AddendDeal, mask[..size]);
            RingKernels.Subtract<ulong>(factor[..size], mask[..size], frame.Words.Slice(length + at, size));

            Span<ulong> share = z.Slice(at, size);
            _withPrevious.Fill(Purpose.AddendReshare, share);
            _withNext.Fill(Purpose.AddendReshare, mask[..size]);
            RingKernels.AddInto<ulong>(share, mask[..size]);
            RingKernels.Multiply<ulong>(share, factor[..size], share);
        }

        Previous.Send(frame, Operations.AddendDeal);
    }

    /// <summary>Parties 1 and 2: the own share of the picked entry, masked, and the own share of party 0's factor.</summary>
    private void PickPower(
        SecretTensor x, SecretBits keep, int start, int length, int accumulatorBits, ReadOnlySpan<ulong> dealt, Span<ulong> picked, Span<ulong> factors)
    {
        int fractionalBits = x.FractionalBits;
        int known = PartyId == 1 ? 1 : 0;
        PairwiseRandomness withDealer = PartyId == 1 ? _withPrevious : _withNext;
        using SecretBuffer scratch = Pool.Rent(AddendBlock * 4);
        Span<ulong> v = scratch.Span[..AddendBlock];
        Span<ulong> digit = scratch.Span.Slice(AddendBlock, AddendBlock);
        Span<ulong> code = scratch.Span.Slice(2 * AddendBlock, AddendBlock);
        Span<ulong> q = scratch.Span.Slice(3 * AddendBlock, AddendBlock);
        for (int at = 0; at < length; at += AddendBlock)
        {
            int size = Math.Min(AddendBlock, length - at);
            Span<ulong> factor = factors.Slice(at, size);
            if (PartyId == 1)
            {
                withDealer.Fill(Purpose.AddendDeal, code[..size]);
                withDealer.Fill(Purpose.AddendDeal, factor);
            }
            else
            {
                dealt.Slice(at, size).CopyTo(code);
                dealt.Slice(length + at, size).CopyTo(factor);
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
            Span<ulong> share = picked.Slice(at, size);
            q[..size].CopyTo(share);
            if (PartyId == 2)
            {
                RingKernels.Negate<ulong>(share, share);
            }

            withDealer.Fill(Purpose.AddendReshare, q[..size]);
            RingKernels.SubtractInto<ulong>(share, q[..size]);
        }
    }

    /// <summary>Of the fractional bits before a truncation, those of party 0's words.</summary>
    private static int FirstBits(int accumulatorBits) => accumulatorBits / 2;

    /// <summary>An argument's place in its period, as a fraction of 2^64.</summary>
    private static void ToPhases(Span<ulong> x, HarmonicSum sum, SecretTensor argument) =>
        RingKernels.ShiftLeft<ulong>(x, 64 - sum.PeriodBits - argument.FractionalBits, x);

    private static ReadOnlySpan<ulong> Padded(Span<ulong> block, int size) => block[..((size + AddendKernels.Lanes - 1) / AddendKernels.Lanes * AddendKernels.Lanes)];
}
