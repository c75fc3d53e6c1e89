using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Normalisation from the leading zeros 4d + s. As in the comparison, v = x - u is opened, and each party picks its share of functions of u and v from the dealt codes of u;
/// <see cref="LeadingZeroCircuit"/> computes few bits b from them. With dealt bits r, f = b xor r is opened, and b = f + (1 - 2f) r as a number; linear maps of them give
/// 2^(4d), 2^(2d), the parity and whether x is zero. The power 2^(4d) is multiplied by 2^s, a sum of bits, as in a product with a bit: 2^(4d) - a is opened, and a r dealt.
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    /// <remarks>See <see cref="AdditiveCosts.Normalize"/>.</remarks>
    protected override async ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        var material = new NormalizeMaterial(x.Shape.Count, minimumBits, width, mayBeZero, squareRoot);
        SecretTensor[] powers = [.. material.High.Select(_ => Allocate(x.Shape, 0))];
        SecretTensor? odd = squareRoot ? Allocate(x.Shape, 0) : null;
        SecretTensor nonZero = mayBeZero ? Allocate(x.Shape, 0) : Constant(x.Shape, 1, 0);
        await RunAsync(
            "leading zeros",
            async ct =>
            {
                using var run = new ScaleBuffers(Pool, material, x.Shape.Count, powers, odd, nonZero);
                await LeadingZerosAsync(x, run, ct).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return new NormalizingScale(powers[0], nonZero, squareRoot ? powers[1] : null, odd);
    }

    private async ValueTask LeadingZerosAsync(SecretTensor x, ScaleBuffers run, CancellationToken cancellationToken)
    {
        NormalizeMaterial material = run.Material;
        LeadingZeroCircuit circuit = material.Circuit;
        int width = (material.Width + 7) / 8;
        var groups = new SharedPlanes[material.Groups];
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        try
        {
            using (SecretBuffer v = Pool.Rent(x.Shape.Count))
            {
                for (int g = 0; g < groups.Length; g++)
                {
                    StartMasked(x, ScaleBuffers.StartOf(g), material.SizeOf(g), width, v);
                }

                for (int g = 0; g < groups.Length; g++)
                {
                    await FinishMaskedAsync(ScaleBuffers.StartOf(g), material.SizeOf(g), width, v, cancellationToken).ConfigureAwait(false);
                    groups[g] = new SharedPlanes(Pool, 1, material.SizeOf(g), circuit.Planes, circuit.Levels.Max(gates => gates.Length));
                    int length = circuit.Layout.DealtPlanes * groups[g].Words * sizeof(ulong);
                    using FrameBuffer? correction = await _material.CorrectionAsync(length, cancellationToken).ConfigureAwait(false);
                    PickDigits(circuit, groups[g], v.Span.Slice(ScaleBuffers.StartOf(g), groups[g].Count), correction);
                }
            }

            for (int level = 0; level < material.Levels.Count; level++)
            {
                int current = level;
                Array.ForEach(groups, planes => circuit.Prepare(current, planes, ConstantComponent));
                await LevelAsync(groups, material.Levels[level], cancellationToken).ConfigureAwait(false);
            }

            for (int g = 0; g < groups.Length; g++)
            {
                StartBits(run.FlipsOf(g), groups[g], circuit);
            }
        }
        finally
        {
            foreach (SharedPlanes? planes in groups)
            {
                planes?.Dispose();
            }
        }

        for (int g = 0; g < groups.Length; g++)
        {
            int group = g;
            await AddReceivedAsync(Operations.OpenBit, () => run.FlipsOf(group), run.FlipsOf(g).Length, xor: true, cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = await _material.CorrectionAsync(material.FrameBytes(material.SizeOf(g)), cancellationToken).ConfigureAwait(false);
            StartPowers(run, g, correction);
        }

        for (int g = 0; g < groups.Length; g++)
        {
            int group = g;
            for (int p = 0; p < run.Powers.Length; p++)
            {
                int power = p;
                await AddReceivedAsync(
                    Operations.Multiply, () => run.OpenedOf(group, power), material.SizeOf(g), xor: false, cancellationToken).ConfigureAwait(false);
                FinishPower(run, g, p);
            }
        }
    }

    private void PickDigits(LeadingZeroCircuit circuit, SharedPlanes planes, Span<ulong> v, FrameBuffer? correction)
    {
        const int BlockBits = CarryLayout.BlockBits;
        int words = planes.Words;
        using SecretBuffer scratch = Pool.Rent((circuit.Layout.Bits + circuit.Layout.DealtPlanes + (long)LeadingDigit.Planes) * words);
        Span<ulong> bits = scratch.Span[..(circuit.Layout.Bits * words)];
        Span<ulong> code = scratch.Span.Slice(bits.Length, circuit.Layout.DealtPlanes * words);
        Span<ulong> picked = scratch.Span[^(LeadingDigit.Planes * words)..];
        _material.Take(Purpose.CompareCode, correction, 0, code);
        RingKernels.ShiftLeft<ulong>(v, circuit.Shift, v);
        BitPlanes.Split(v, circuit.Layout.Bits, bits, words);
        for (int b = 0; b < circuit.Blocks; b++)
        {
            ReadOnlySpan<ulong> own = code.Slice(CarryLayout.DealtAt(b) * words, ((1 << BlockBits) - 1) * words);
            LeadingDigit.Pick(bits.Slice(b * BlockBits * words, BlockBits * words), own, constant: PartyId == 0, picked, words);
            circuit.Put(planes, 0, b, picked);
        }
    }

    /// <summary>Masks the result bits of a group and sends them.</summary>
    private void StartBits(Span<ulong> flips, SharedPlanes planes, LeadingZeroCircuit circuit)
    {
        _material.Fill(Purpose.BitMask, flips);
        for (int j = 0; j < circuit.Bits.Count; j++)
        {
            Span<ulong> flip = flips.Slice(j * planes.Words, planes.Words);
            RingKernels.Xor(flip, planes.Of(0, circuit.Bits[j]), flip);
        }

        SendToAll(Operations.OpenBit, flips);
    }

    /// <summary>Bits as numbers, their sums, and the masked high factors of the powers, which are sent.</summary>
    private void StartPowers(ScaleBuffers run, int group, FrameBuffer? correction)
    {
        NormalizeMaterial material = run.Material;
        int start = ScaleBuffers.StartOf(group);
        int size = material.SizeOf(group);
        int words = (size + 63) / 64;
        using SecretBuffer scratch = Pool.Rent(3L * size);
        Span<ulong> number = scratch.Span[..size];
        Span<ulong> flip = scratch.Span.Slice(size, size);
        Span<byte> bytes = MemoryMarshal.AsBytes(scratch.Span[(2 * size)..]);
        for (int i = 0; i < material.Products.Count; i++)
        {
            NormalizeMaterial.TakeProduct(_material, correction, i, run.ProductOf(group, i));
        }

        var sums = new List<SumOfBits>();
        for (int p = 0; p < run.Powers.Length; p++)
        {
            int power = p;
            sums.Add(new SumOfBits(() => run.HighOf(group, power), material.High[p]));
        }

        if (material.Odd is { } odd)
        {
            sums.Add(new SumOfBits(() => Shares(run.Odd!, 0).Slice(start, size), odd));
        }

        if (material.NonZero is { } nonZero)
        {
            sums.Add(new SumOfBits(() => Shares(run.NonZero, 0).Slice(start, size), nonZero));
        }

        foreach (SumOfBits sum in sums)
        {
            sum.Words().Fill(PartyId == 0 ? unchecked((ulong)sum.Map.Constant) : 0);
        }

        for (int j = 0; j < material.NumberBytes.Count; j++)
        {
            material.TakeNumber(_material, correction, j, bytes, number);
            if (j >= material.LowBits)
            {
                number.CopyTo(run.RandomOf(group, j - material.LowBits));
            }

            BitMasks.Expand(run.FlipsOf(group).Slice(j * words, words), 0, flip);
            Flip(number, flip);
            if (PartyId == 0)
            {
                RingKernels.SubtractInto<ulong>(number, flip);
            }

            foreach (SumOfBits sum in sums)
            {
                if (sum.Map.Factors[j] != 0)
                {
                    RingKernels.MultiplyScalarAddInto(sum.Words(), number, unchecked((ulong)sum.Map.Factors[j]));
                }
            }
        }

        for (int p = 0; p < run.Powers.Length; p++)
        {
            Span<ulong> opened = run.OpenedOf(group, p);
            _material.Fill(Purpose.OperandMask, number);
            RingKernels.Subtract<ulong>(run.HighOf(group, p), number, opened);
            SendToAll(Operations.Multiply, opened);
        }
    }

    /// <summary>high times (constant + sum of factor (f + (1 - 2f) r)), with high r = opened r + a r.</summary>
    private void FinishPower(ScaleBuffers run, int group, int power)
    {
        NormalizeMaterial material = run.Material;
        int size = material.SizeOf(group);
        int words = (size + 63) / 64;
        (long constant, long[] factors) = material.Low[power];
        using SecretBuffer scratch = Pool.Rent(2L * size);
        Span<ulong> flip = scratch.Span[..size];
        Span<ulong> known = scratch.Span[size..];
        Span<ulong> z = Shares(run.Powers[power], 0).Slice(ScaleBuffers.StartOf(group), size);
        known.Fill(unchecked((ulong)constant));
        z.Clear();
        for (int i = 0; i < material.Products.Count; i++)
        {
            (int of, int bit) = material.Products[i];
            if (of == power)
            {
                Span<ulong> product = run.ProductOf(group, i);
                BitMasks.Expand(run.FlipsOf(group).Slice(bit * words, words), 0, flip);
                RingKernels.MultiplyScalarAddInto<ulong>(known, flip, unchecked((ulong)-factors[bit]));
                RingKernels.MultiplyAddInto<ulong>(product, run.OpenedOf(group, power), run.RandomOf(group, bit - material.LowBits));
                Flip(product, flip);
                RingKernels.MultiplyScalarAddInto<ulong>(z, product, unchecked((ulong)factors[bit]));
            }
        }

        RingKernels.MultiplyAddInto<ulong>(z, run.HighOf(group, power), known);
    }

    /// <summary>Negates where the mask is all ones.</summary>
    private static void Flip(Span<ulong> words, ReadOnlySpan<ulong> mask)
    {
        RingKernels.Xor(words, mask, words);
        RingKernels.SubtractInto(words, mask);
    }

    private readonly record struct SumOfBits(WordsOf Words, (long Constant, long[] Factors) Map);

    /// <summary>What stays between the rounds of a normalisation, and where its results go.</summary>
    private sealed class ScaleBuffers(SecretBufferPool pool, NormalizeMaterial material, int count, SecretTensor[] powers, SecretTensor? odd, SecretTensor nonZero) : IDisposable
    {
        private readonly SecretBuffer _flips = pool.Rent((long)material.Circuit.Bits.Count * ((count + 63) / 64));
        private readonly SecretBuffer _random = pool.Rent((long)LeadingZeroCircuit.Within * count);
        private readonly SecretBuffer _products = pool.Rent((long)material.Products.Count * count);
        private readonly SecretBuffer _high = pool.Rent((long)powers.Length * count);
        private readonly SecretBuffer _opened = pool.Rent((long)powers.Length * count);

        public NormalizeMaterial Material { get; } = material;

        public SecretTensor[] Powers { get; } = powers;

        public SecretTensor? Odd { get; } = odd;

        public SecretTensor NonZero { get; } = nonZero;

        public static int StartOf(int group) => group * CompareMaterial.GroupSize;

        /// <summary>The masked bits of a group, plane by plane.</summary>
        public Span<ulong> FlipsOf(int group)
        {
            int planes = Material.Circuit.Bits.Count;
            return _flips.Span.Slice(group * planes * (CompareMaterial.GroupSize / 64), planes * ((Material.SizeOf(group) + 63) / 64));
        }

        public Span<ulong> RandomOf(int group, int bit) => Part(_random, group, bit);

        public Span<ulong> ProductOf(int group, int product) => Part(_products, group, product);

        public Span<ulong> HighOf(int group, int power) => Part(_high, group, power);

        public Span<ulong> OpenedOf(int group, int power) => Part(_opened, group, power);

        public void Dispose()
        {
            _flips.Dispose();
            _random.Dispose();
            _products.Dispose();
            _high.Dispose();
            _opened.Dispose();
        }

        private Span<ulong> Part(SecretBuffer buffer, int group, int row) => buffer.Span.Slice((row * count) + StartOf(group), Material.SizeOf(group));
    }
}
