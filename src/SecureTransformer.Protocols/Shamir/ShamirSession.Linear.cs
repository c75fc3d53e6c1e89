using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <content>Linear operations: local, since sums of polynomials are polynomials. Public constants are constant polynomials: every party adds them.</content>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    protected override void AddCore(SecretTensor x, SecretTensor y, SecretTensor result) => FieldKernels.Add(Shares(x, 0), Shares(y, 0), Shares(result, 0));

    /// <inheritdoc/>
    protected override void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result) => FieldKernels.Subtract(Shares(x, 0), Shares(y, 0), Shares(result, 0));

    /// <inheritdoc/>
    protected override void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(result);
        using SecretBuffer encoded = Encode(constants, result.FractionalBits, "constants");
        WithRows(x, encoded, result, FieldKernels.AddScalar, FieldKernels.Add);
    }

    /// <inheritdoc/>
    protected override void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result)
    {
        using SecretBuffer encoded = Pool.Rent(factors.Length * WordsPerElement);
        FieldKernels.EncodeSigned(System.Runtime.InteropServices.MemoryMarshal.Cast<long, ulong>(factors), encoded.Span);
        WithRows(x, encoded, result, FieldKernels.MultiplyScalar, FieldKernels.Multiply);
    }

    /// <inheritdoc/>
    protected override void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result)
    {
        using SecretBuffer encoded = Encode(factors, factorBits, "factors");
        WithRows(x, encoded, result, FieldKernels.MultiplyScalar, FieldKernels.Multiply);
    }

    /// <inheritdoc/>
    protected override void SumCore(SecretTensor x, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(x);
        FieldKernels.SumRows(Shares(x, 0), x.Shape.Rows, x.Shape[-1], Shares(result, 0));
    }

    private delegate void WithScalar(ReadOnlySpan<ulong> x, Mersenne127 scalar, Span<ulong> result);

    private delegate void WithElements(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> result);

    private void WithRows(SecretTensor x, SecretBuffer row, SecretTensor result, WithScalar one, WithElements many)
    {
        ReadOnlySpan<ulong> source = Shares(x, 0);
        Span<ulong> target = Shares(result, 0);
        if (row.Length == WordsPerElement)
        {
            one(source, Mersenne127.AsElements(row.Span)[0], target);
            return;
        }

        for (int start = 0; start < target.Length; start += row.Length)
        {
            many(source.Slice(start, row.Length), row.Span, target.Slice(start, row.Length));
        }
    }

    /// <summary>Fixed-point numbers as elements.</summary>
    private SecretBuffer Encode(ReadOnlySpan<double> values, int fractionalBits, string name)
    {
        using SecretBuffer words = Pool.Rent(values.Length);
        FixedPointFormat.Encode(values, words.Span, fractionalBits, name);
        SecretBuffer elements = Pool.Rent(values.Length * WordsPerElement);
        FieldKernels.EncodeSigned(words.Span, elements.Span);
        return elements;
    }
}
