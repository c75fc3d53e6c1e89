using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Products (Beaver 1991): with masks a and b dealt, d = x - a and e = y - b are opened, and x y = d e + d b + e a + a b. Each distinct operand is opened once;
/// matrices are masked in their own shapes (SecureML 2017).
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    /// <remarks>Whole rows, or one number a row: the operand is masked and opened in its own size.</remarks>
    protected override bool RepeatsFactor(TensorShape factor, TensorShape shape) => Repetition.Of(factor, shape) is not null;

    /// <inheritdoc/>
    protected override async ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(result);
        int count = result.Shape.Count;
        ProductMaterial material = ProductMaterial.Of(terms, result.Shape, shift, out SecretTensor[] operands);
        if (operands.Length > Material.MaxTerms || terms.Count > Material.MaxTerms)
        {
            throw new ArgumentException($"A sum of products has at most {Material.MaxTerms} terms and distinct operands.", nameof(terms));
        }

        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        SecretBuffer[] masks = [.. operands.Select(operand => Pool.Rent(operand.Shape.Count))];
        SecretBuffer[] opened = [.. operands.Select(operand => Pool.Rent(operand.Shape.Count))];
        int[] repeated = [.. Enumerable.Range(0, operands.Length).Where(material.IsRepeated)];
        int[] whole = [.. Enumerable.Range(0, operands.Length).Except(repeated)];
        try
        {
            Start();
            foreach (int j in repeated)
            {
                await FinishOpeningAsync(opened[j], operands[j].Shape.Count, cancellationToken).ConfigureAwait(false);
            }

            for (int start = 0; start < count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, count - start);
                using PeerFrames received =
                    await PeerFrames.ReceiveAsync(Peers, Operations.Multiply, length * sizeof(ulong), cancellationToken, whole.Length).ConfigureAwait(false);
                Combine(start, length, received);
            }

            await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Array.ForEach(masks, buffer => buffer.Dispose());
            Array.ForEach(opened, buffer => buffer.Dispose());
        }

        void Start()
        {
            foreach (int j in repeated)
            {
                StartOpening(operands[j], masks[j], opened[j]);
            }

            foreach ((int start, int length) in new Chunks(count))
            {
                foreach (int j in whole)
                {
                    StartOpening(Shares(operands[j], 0).Slice(start, length), masks[j].Span.Slice(start, length), opened[j].Span.Slice(start, length));
                }
            }
        }

        // Opens, multiplies, masks and sends block by block.
        void Combine(int start, int length, PeerFrames received)
        {
            Span<ulong> buffer = stackalloc ulong[Block];
            using SecretBuffer wide = Pool.Rent(Math.Max(1, 2L * repeated.Length * Block));
            using PeerFrames? sent = shift == 0 ? null : PeerFrames.Rent(Peers, length * sizeof(ulong));
            for (int at = 0; at < length; at += Block)
            {
                int size = Math.Min(Block, length - at);
                for (int i = 0; i < whole.Length; i++)
                {
                    received.AddTo(opened[whole[i]].Span.Slice(start + at, size), at, i);
                }

                for (int i = 0; i < repeated.Length; i++)
                {
                    Repetition repetition = material.Operands[repeated[i]];
                    repetition.Expand(masks[repeated[i]].Span, start + at, wide.Span.Slice(2 * i * Block, size));
                    repetition.Expand(opened[repeated[i]].Span, start + at, wide.Span.Slice(((2 * i) + 1) * Block, size));
                }

                Span<ulong> z = Shares(result, 0).Slice(start + at, size);
                if (addend is not null)
                {
                    Shares(addend, 0).Slice(start + at, size).CopyTo(z);
                }
                else
                {
                    z.Clear();
                }

                foreach ((int left, int right) in material.Terms)
                {
                    AddProduct(Part(wide, left, 0), Part(wide, left, 1), Part(wide, right, 0), Part(wide, right, 1), z);
                }

                if (sent is not null)
                {
                    MaskOutput(z, buffer, sent, at);
                }

                Span<ulong> Part(SecretBuffer expanded, int j, int which)
                {
                    int i = Array.IndexOf(repeated, j);
                    return i >= 0
                        ? expanded.Span.Slice(((2 * i) + which) * Block, size)
                        : (which == 0 ? masks : opened)[j].Span.Slice(start + at, size);
                }
            }

            buffer.Clear();
            sent?.Send(Peers, Operations.TruncateOpen);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        int count = x.Shape.Count;
        int columns = x.Shape[-1];
        int rows = count / columns;
        bool square = ReferenceEquals(x, y);
        RequireOperand(count);
        await _material.RequestAsync(new DotMaterial(rows, columns, square, shift), cancellationToken).ConfigureAwait(false);
        using SecretBuffer masks = Pool.Rent(count);
        using SecretBuffer opened = Pool.Rent(count);
        using SecretBuffer masksRight = Pool.Rent(square ? 1 : count);
        using SecretBuffer openedRight = Pool.Rent(square ? 1 : count);
        StartOpening(x, masks, opened);
        if (!square)
        {
            StartOpening(y, masksRight, openedRight);
        }

        await FinishOpeningAsync(opened, count, cancellationToken).ConfigureAwait(false);
        if (!square)
        {
            await FinishOpeningAsync(openedRight, count, cancellationToken).ConfigureAwait(false);
        }

        Combine();
        await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);

        void Combine()
        {
            Span<ulong> z = Shares(result, 0);
            for (int r = 0; r < rows; r++)
            {
                ReadOnlySpan<ulong> a = masks.Span.Slice(r * columns, columns);
                ReadOnlySpan<ulong> d = opened.Span.Slice(r * columns, columns);
                ReadOnlySpan<ulong> b = square ? a : masksRight.Span.Slice(r * columns, columns);
                ReadOnlySpan<ulong> e = square ? d : openedRight.Span.Slice(r * columns, columns);
                ulong sum = unchecked(RingKernels.Dot(d, b) + RingKernels.Dot(e, a));
                z[r] = PartyId == 0 ? unchecked(sum + RingKernels.Dot(d, e)) : sum;
            }

            foreach ((int start, int length) in new Chunks(rows))
            {
                StartOutput(result, start, length, shift);
            }
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(result);
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int matrices = y.Shape.Count / (inner * columns);
        int rows = x.Shape.Count / (inner * matrices);
        RequireOperand(x.Shape.Count);
        RequireOperand(y.Shape.Count);
        RequireOperand(result.Shape.Count);
        await _material.RequestAsync(new MatrixMaterial(matrices, rows, inner, columns, transposeRight, shift), cancellationToken).ConfigureAwait(false);
        using SecretBuffer a = Pool.Rent(x.Shape.Count);
        using SecretBuffer d = Pool.Rent(x.Shape.Count);
        using SecretBuffer b = Pool.Rent(y.Shape.Count);
        using SecretBuffer e = Pool.Rent(y.Shape.Count);
        StartOpening(x, a, d);
        StartOpening(y, b, e);
        await FinishOpeningAsync(d, x.Shape.Count, cancellationToken).ConfigureAwait(false);
        await FinishOpeningAsync(e, y.Shape.Count, cancellationToken).ConfigureAwait(false);
        for (int m = 0; m < matrices; m++)
        {
            // d b + a e at all parties but 0, which has d (b + e) + a e.
            var opened = new MatrixView(d.Span.Slice(m * rows * inner, rows * inner), rows, inner);
            var mask = new MatrixView(a.Span.Slice(m * rows * inner, rows * inner), rows, inner);
            Span<ulong> z = Shares(result, 0).Slice(m * rows * columns, rows * columns);
            if (PartyId == 0)
            {
                RingMatrix.MultiplySum(opened, Right(b, m), Right(e, m), z, columns, false, Options.MaxDegreeOfParallelism);
            }
            else
            {
                RingMatrix.Multiply(opened, Right(b, m), z, columns, false, Options.MaxDegreeOfParallelism);
            }

            RingMatrix.Multiply(mask, Right(e, m), z, columns, true, Options.MaxDegreeOfParallelism);
        }

        StartOutput(result, shift);
        await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);

        MatrixView Right(SecretBuffer buffer, int matrix)
        {
            Span<ulong> words = buffer.Span.Slice(matrix * inner * columns, inner * columns);
            return transposeRight ? new MatrixView(words, columns, inner).Transpose() : new MatrixView(words, inner, columns);
        }
    }

    private static void RequireOperand(int count)
    {
        if (count > Material.MaxWords)
        {
            throw new ArgumentException($"An operand or the result has {count} elements; a product of matrices takes at most {Material.MaxWords}.");
        }
    }

    private void StartOutput(SecretTensor result, int shift)
    {
        foreach ((int start, int length) in new Chunks(result.Shape.Count))
        {
            StartOutput(result, start, length, shift);
        }
    }

    private void StartOpening(SecretTensor x, SecretBuffer masks, SecretBuffer opened)
    {
        foreach ((int start, int length) in new Chunks(x.Shape.Count))
        {
            StartOpening(Shares(x, 0).Slice(start, length), masks.Span.Slice(start, length), opened.Span.Slice(start, length));
        }
    }

    /// <summary>Draws a mask and sends the masked share, which also stays in <paramref name="opened"/>.</summary>
    private void StartOpening(ReadOnlySpan<ulong> x, Span<ulong> mask, Span<ulong> opened)
    {
        using PeerFrames frames = PeerFrames.Rent(Peers, opened.Length * sizeof(ulong));
        for (int start = 0; start < opened.Length; start += Block)
        {
            int length = Math.Min(Block, opened.Length - start);
            Span<ulong> part = opened.Slice(start, length);
            _material.Fill(Purpose.OperandMask, mask.Slice(start, length));
            RingKernels.Subtract(x.Slice(start, length), mask.Slice(start, length), part);
            frames.Write(start, part);
        }

        frames.Send(Peers, Operations.Multiply);
    }

    private async ValueTask FinishOpeningAsync(SecretBuffer opened, int count, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int at = start;
            int length = Math.Min(Chunks.Size, count - start);
            await AddReceivedAsync(Operations.Multiply, () => opened.Span.Slice(at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>z += d b + e a, and d e at party 0.</summary>
    private void AddProduct(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> d, ReadOnlySpan<ulong> b, ReadOnlySpan<ulong> e, Span<ulong> z)
    {
        ulong both = PartyId == 0 ? ulong.MaxValue : 0;
        ref ulong sum = ref MemoryMarshal.GetReference(z);
        int i = 0;
        for (; i + Vector512<ulong>.Count <= z.Length; i += Vector512<ulong>.Count)
        {
            Vector512<ulong> left = Vector512.Create(d.Slice(i, Vector512<ulong>.Count));
            Vector512<ulong> right = Vector512.Create(e.Slice(i, Vector512<ulong>.Count));
            Vector512<ulong> first = left * (Vector512.Create(b.Slice(i, Vector512<ulong>.Count)) + (right & Vector512.Create(both)));
            Vector512<ulong> second = right * Vector512.Create(a.Slice(i, Vector512<ulong>.Count));
            (Vector512.LoadUnsafe(ref sum, (nuint)i) + first + second).StoreUnsafe(ref sum, (nuint)i);
        }

        for (; i < z.Length; i++)
        {
            z[i] = unchecked(z[i] + (d[i] * (b[i] + (e[i] & both))) + (e[i] * a[i]));
        }
    }
}
