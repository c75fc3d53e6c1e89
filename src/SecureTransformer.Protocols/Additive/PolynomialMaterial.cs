using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of a chain of quadratic forms. The first value is masked and opened; each result is opened by its own truncation: y = P(c) - u - top w 2^(64-s) with c and its top
/// bit public and u, w known to the dealer, so that -u - top w 2^(64-s) is a mask of y. A form of masks is then a constant, which is dealt with the truncation, and for each value
/// that is such a result a part that counts where its top is set, and for two of them one where both are.
/// </summary>
/// <remarks>The part of one value is a multiple of 2^(64-s), that of two of 2^(128-s-s'): it is dealt without the zeros, in whole bytes.</remarks>
internal sealed class PolynomialMaterial : Material
{
    public const int Kind = 11;

    /// <summary>The largest number of steps and of products of a step.</summary>
    public const int MaxSteps = 8;

    private readonly int _count;

    public PolynomialMaterial(int count, IReadOnlyList<QuadraticForm> forms)
    {
        _count = count;
        Forms = [.. forms];
        Parts = [.. Forms.Select(PartsOf)];
    }

    public QuadraticForm[] Forms { get; }

    /// <summary>For each form the parts that depend on tops: those of one value have no second.</summary>
    public TopPart[][] Parts { get; }

    /// <summary>The material of a polynomial; null where its steps are to run one by one.</summary>
    public static PolynomialMaterial? Of(IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend)
    {
        if (steps.Count > MaxSteps
            || (addend is not null && (addend.Shape != u.Shape || addend.FractionalBits != steps[^1].AccumulatorBits))
            || (long)u.Shape.Count * (steps.Count + 1) > MaxWords
            || steps.Any(step => step.AccumulatorBits > 62 || step.ResultBits < 0 || step.ResultBits > step.AccumulatorBits || step.Terms.Count > MaxSteps)
            || steps.SkipLast(1).Any(step => step.ResultBits == step.AccumulatorBits)
            || !EncodesFactors(steps, u.FractionalBits))
        {
            return null;
        }

        return new PolynomialMaterial(u.Shape.Count, QuadraticForm.Of(steps, u.FractionalBits));
    }

    public static PolynomialMaterial Read(ref MaterialReader reader)
    {
        int steps = reader.Next(1, MaxSteps, "number of steps");
        int count = reader.NextExtent(steps + 1, "number of elements");
        var forms = new QuadraticForm[steps];
        for (int i = 0; i < steps; i++)
        {
            int shift = reader.Next(i + 1 < steps ? 1 : 0, 62, "shift");
            var products = new (int, int, ulong)[reader.Next(1, MaxSteps, "number of products")];
            for (int p = 0; p < products.Length; p++)
            {
                int left = reader.Next(0, i, "value");
                int right = reader.Next(left, i, "value");
                ulong low = (uint)reader.Next(int.MinValue, int.MaxValue, "factor");
                products[p] = (left, right, low | ((ulong)(uint)reader.Next(int.MinValue, int.MaxValue, "factor") << 32));
            }

            forms[i] = new QuadraticForm(shift, products, [], 0);
        }

        return new PolynomialMaterial(count, forms);
    }

    public override int[] Describe() =>
    [
        Kind, Forms.Length, _count,
        .. Forms.SelectMany(form => form.Products.SelectMany(p => new[] { p.Left, p.Right, unchecked((int)p.Factor), (int)(p.Factor >> 32) }).Prepend(form.Products.Length).Prepend(form.Shift)),
    ];

    /// <summary>The bytes of a correction of a form's parts, one after another.</summary>
    public int PartBytes(int form, int length) => Parts[form].Sum(part => part.Bytes) * length;

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer first = hand.Pool.Rent(_count);
        using SecretBuffer randoms = hand.Pool.Rent(Math.Max(1L, (Forms.Length - 1L) * _count));
        using SecretBuffer scratch = hand.Pool.Rent((2L * Forms.Length + 2) * Math.Min(_count, Chunks.Size));
        MatrixMaterial.Sum(hand, first.Span);
        for (int i = 0; i < Forms.Length; i++)
        {
            for (int start = 0; Parts[i].Length > 0 && start < _count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, _count - start);
                FrameBuffer frame = await hand.RentAsync(PartBytes(i, length), cancellationToken).ConfigureAwait(false);
                DealParts(hand, new Masks(this, i, first, randoms, scratch, start, length), i, frame.Span);
                hand.Send(frame);
            }

            for (int start = 0; start < _count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, _count - start);
                FrameBuffer frame = await hand.RentAsync(OutputMaterial.FrameBytes(length, Forms[i].Shift), cancellationToken).ConfigureAwait(false);
                DealOutput(hand, new Masks(this, i, first, randoms, scratch, start, length), i, i + 1 < Forms.Length ? Random(randoms, i, start, length) : default, frame);
                hand.Send(frame);
            }
        }
    }

    private static bool EncodesFactors(IReadOnlyList<PolynomialStep> steps, int inputBits)
    {
        int[] bits = [inputBits, .. steps.Select(step => step.ResultBits)];
        return steps.All(step => step.Terms.All(term => step.AccumulatorBits - bits[term.Left] - (term.Right < 0 ? 0 : bits[term.Right]) is >= 0 and <= 62));
    }

    private TopPart[] PartsOf(QuadraticForm form) =>
    [
        .. form.Products.SelectMany(p => new[] { p.Left, p.Right }).Distinct().Where(value => value > 0).Order()
            .Select(value => new TopPart(value, TopPart.None, 64 - Forms[value - 1].Shift)),
        .. form.Products.Where(p => p.Left > 0 && p.Left != p.Right && Forms[p.Left - 1].Shift + Forms[p.Right - 1].Shift > 64)
            .Select(p => new TopPart(p.Left, p.Right, 128 - Forms[p.Left - 1].Shift - Forms[p.Right - 1].Shift)),
    ];

    private Span<ulong> Random(SecretBuffer randoms, int form, int start, int length) => randoms.Span.Slice((form * _count) + start, length);

    private void DealOutput(DealerHand hand, Masks masks, int form, Span<ulong> keep, FrameBuffer frame)
    {
        Span<ulong> c = masks.Sum;
        c.Clear();
        foreach ((int left, int right, ulong factor) in Forms[form].Products)
        {
            RingKernels.MultiplyScalar(masks.Of(left), factor, masks.Term);
            RingKernels.MultiplyAddInto<ulong>(c, masks.Term, masks.Of(right));
        }

        OutputMaterial.Deal(hand, c, Forms[form].Shift, frame, keep);
    }

    /// <summary>With N = -w 2^(64-s) the part of a mask that counts where its top is set: K N (2 M + N) and K N M' for one value, K N N' for two.</summary>
    private void DealParts(DealerHand hand, Masks masks, int form, Span<byte> frame)
    {
        foreach (TopPart part in Parts[form])
        {
            Span<ulong> sum = masks.Sum;
            sum.Clear();
            foreach ((int left, int right, ulong factor) in Forms[form].Products)
            {
                if (part.Second != TopPart.None)
                {
                    if ((left, right) == (part.Value, part.Second))
                    {
                        // w' is 0 or all ones.
                        masks.Term.Fill(unchecked(0 - factor));
                        RingKernels.And<ulong>(masks.Term, masks.Bit(right), masks.Term);
                        RingKernels.AddInto<ulong>(sum, masks.Term);
                    }
                }
                else if (left == right && left == part.Value)
                {
                    RingKernels.MultiplyScalarAddInto<ulong>(sum, masks.Of(left), unchecked(2 * factor));
                    RingKernels.AddScalar(sum, unchecked(0 - (factor << part.Zeros)), sum);
                }
                else if (left == part.Value || right == part.Value)
                {
                    RingKernels.MultiplyScalarAddInto<ulong>(sum, masks.Of(left == part.Value ? right : left), factor);
                }
            }

            RingKernels.And<ulong>(sum, masks.Bit(part.Value), sum);
            RingKernels.Negate<ulong>(sum, sum);
            hand.CorrectNarrow(Purpose.TopPart, part.Bytes, sum);
            NarrowWords.Write(sum, part.Bytes, frame);
            frame = frame[(sum.Length * part.Bytes)..];
        }
    }

    /// <summary>What the dealer adds to a form of masks where the top of a value, or of two, is set; a multiple of 2^Zeros.</summary>
    internal readonly struct TopPart(int value, int second, int zeros)
    {
        public const int None = -1;

        public int Value { get; } = value;

        public int Second { get; } = second;

        public int Zeros { get; } = zeros;

        public int Bytes => (64 - Zeros + 7) / 8;
    }

    /// <summary>A chunk of the masks of the values that a form takes: what counts always, and the bit w as a mask of ones.</summary>
    private readonly ref struct Masks
    {
        private readonly Span<ulong> _words;
        private readonly int _length;

        public Masks(PolynomialMaterial material, int form, SecretBuffer first, SecretBuffer randoms, SecretBuffer scratch, int start, int length)
        {
            _words = scratch.Span;
            _length = length;
            first.Span.Slice(start, length).CopyTo(Of(0));
            for (int value = 1; value <= form; value++)
            {
                int shift = material.Forms[value - 1].Shift;
                ReadOnlySpan<ulong> r = material.Random(randoms, value - 1, start, length);
                Span<ulong> mask = Of(value);
                Span<ulong> bit = Bit(value);

                // -u with u = ((r shifted left by 1) shifted right by s + 1) - w 2^(63-s).
                RingKernels.ShiftRightArithmetic(r, 63, bit);
                RingKernels.ShiftLeft(r, 1, mask);
                RingKernels.ShiftRightLogical<ulong>(mask, shift + 1, mask);
                RingKernels.ShiftLeft<ulong>(bit, 63 - shift, Term);
                RingKernels.AddInto<ulong>(mask, Term);
                RingKernels.Negate<ulong>(mask, mask);
            }
        }

        public Span<ulong> Sum => Row(0);

        public Span<ulong> Term => Row(1);

        public Span<ulong> Of(int value) => Row(2 + (2 * value));

        /// <summary>That of a value from 1 on.</summary>
        public Span<ulong> Bit(int value) => Row(1 + (2 * value));

        private Span<ulong> Row(int row) => _words.Slice(row * _length, _length);
    }
}
