using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;

namespace SecureTransformer.Protocols;

/// <content>
/// Products: local products of shares have degree 2t; the degree is reduced and the fractional bits are truncated by one opening. Sums of products cost their result.
/// </content>
/// <remarks>
/// Truncation (Catrina, Saxena 2010, protocol 3.1): with x' = x + 2^62 and the mask r, kings learn c = x' + r and return c / 2^s rounded down; less r / 2^s rounded down and
/// 2^(62-s) that is x / 2^s rounded down or up. Error below one unit in the last place, mean zero, for x in [-2^62, 2^62).
/// </remarks>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    protected override async ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(result);
        using var scratch = new Scratch(Pool);
        SecretBuffer product = scratch.Rent(_numbers, result.Shape.Count);
        FieldKernels.Multiply(Shares(terms[0].Left, 0), Shares(terms[0].Right, 0), product.Span);
        foreach ((SecretTensor left, SecretTensor right) in terms.Skip(1))
        {
            FieldKernels.MultiplyInto(product.Span, Shares(left, 0), Shares(right, 0));
        }

        if (addend is not null)
        {
            FieldKernels.AddInto(product.Span, Shares(addend, 0));
        }

        await FinishAsync(scratch, product, 2 * Threshold, shift, result, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        using var scratch = new Scratch(Pool);
        SecretBuffer product = scratch.Rent(_numbers, result.Shape.Count);
        FieldKernels.DotRows(Shares(x, 0), Shares(y, 0), x.Shape.Rows, x.Shape[-1], product.Span);
        await FinishAsync(scratch, product, 2 * Threshold, shift, result, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(result);
        using var scratch = new Scratch(Pool);
        SecretBuffer product = scratch.Rent(_numbers, result.Shape.Count);
        MultiplyMatrices(x, y, transposeRight, result.Shape[-1], product.Span);
        await FinishAsync(scratch, product, 2 * Threshold, shift, result, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (shift == 0)
        {
            Shares(x, 0).CopyTo(Shares(result, 0));
            return;
        }

        using var scratch = new Scratch(Pool);
        SecretBuffer copy = scratch.Rent(_numbers, result.Shape.Count);
        Shares(x, 0).CopyTo(copy.Span);
        await FinishAsync(scratch, copy, Threshold, shift, result, cancellationToken).ConfigureAwait(false);
    }

    private void MultiplyMatrices(SecretTensor x, SecretTensor y, bool transposeRight, int columns, Span<ulong> product)
    {
        int inner = x.Shape[-1];
        int rows = x.Shape[-2];
        int matrices = x.Shape.Rows / rows;
        for (int m = 0; m < matrices; m++)
        {
            ReadOnlySpan<ulong> left = Run(Shares(x, 0), m, rows * inner);
            ReadOnlySpan<ulong> right = Run(Shares(y, 0), m, inner * columns);
            Span<ulong> target = product.Slice(m * rows * columns * WordsPerElement, rows * columns * WordsPerElement);
            FieldMatrixView view = transposeRight ? new FieldMatrixView(right, columns, inner).Transpose() : new FieldMatrixView(right, inner, columns);
            FieldMatrix.Multiply(new FieldMatrixView(left, rows, inner), view, target, columns, maxDegreeOfParallelism: Options.MaxDegreeOfParallelism);
        }
    }

    private ReadOnlySpan<ulong> Run(ReadOnlySpan<ulong> words, int index, int elements) => words.Slice(index * elements * WordsPerElement, elements * WordsPerElement);

    /// <summary>Brings shares of a degree to degree t, truncated. They are overwritten.</summary>
    private async ValueTask FinishAsync(Scratch scratch, SecretBuffer x, int degree, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        if (shift == 0)
        {
            await ReduceDegreeAsync(scratch, _numberCommittee, x, cancellationToken).ConfigureAwait(false);
            x.Span.CopyTo(Shares(result, 0));
            return;
        }

        int count = result.Shape.Count;
        TruncationMask mask = await TruncationMaskAsync(scratch, count, shift, cancellationToken).ConfigureAwait(false);
        FieldKernels.AddScalar(x.Span, Mersenne127.FromInt64(1L << 62), x.Span);
        _numbers.Add(mask.Mask(_numbers), _numbers.Over(x.Span));
        await ThroughKingsAsync(scratch, _numberCommittee, x, degree, opened => ShiftRight(opened.Elements, shift, opened.Elements), cancellationToken).ConfigureAwait(false);
        _numbers.Subtract(mask.Quotient(_numbers), _numbers.Over(x.Span));
        FieldKernels.AddScalar(x.Span, Mersenne127.FromInt64(-(1L << (62 - shift))), Shares(result, 0));
    }
}
