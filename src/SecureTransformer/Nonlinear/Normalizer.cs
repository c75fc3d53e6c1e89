using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>What LayerNorm and RMSNorm have in common.</summary>
internal static class Normalizer
{
    /// <summary>The most fractional bits of the rows: sums of squares then have 36, and 26 bits are left for their magnitude.</summary>
    public const int MaxBits = 18;

    private const int SumWidth = 62;

    /// <summary>The length of a row, checked.</summary>
    public static int RequireRow(SecretTensor x)
    {
        int n = x.Shape[-1];
        return n < 65536 ? n : throw new ArgumentException($"A row has at most 65,535 elements; the shape is {x.Shape}.", nameof(x));
    }

    /// <summary>numerator times factor / sqrt(sum of squares of row + n eps), with the fractional bits of the numerator.</summary>
    /// <remarks>|result| is at most sqrt(n), so that the product with three times the fractional bits stays below 2^62.</remarks>
    public static async ValueTask<SecretTensor> ScaleAsync(
        MpcSession session, SecretTensor row, SecretTensor numerator, double factor, double eps, CancellationToken cancellationToken)
    {
        if (!(eps is >= 0 and < 1024))
        {
            throw new ArgumentOutOfRangeException(nameof(eps), eps, "eps lies between 0 and 1,024.");
        }

        using SessionScope scope = session.BeginScope();
        int bits = row.FractionalBits;
        double added = row.Shape[-1] * eps;
        SecretTensor squares = await session.DotAsync(row, row, 2 * bits, cancellationToken).ConfigureAwait(false);
        squares = session.AddPublic(squares, added);

        // n eps is a public lower bound of the sum.
        double floor = Math.Round(Math.ScaleB(added, 2 * bits));
        int minimum = floor < 1 ? 0 : Math.Min(Math.ILogB(floor), SumWidth - 2);
        var inverse = new InverseSquareRoot(factor, SumWidth, minimum, mayBeZero: floor < 1);
        SecretTensor scale = await session.EvaluateAsync(inverse, squares, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(numerator, scale, bits, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>y times weight plus bias, with one truncation.</summary>
    public static async ValueTask<SecretTensor> AffineAsync(
        MpcSession session, SecretTensor y, SecretTensor? weight, SecretTensor? bias, int fractionalBits, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        if (weight is null)
        {
            y = await session.WithFractionalBitsAsync(y, fractionalBits, cancellationToken).ConfigureAwait(false);
            return scope.Keep(bias is null ? y : session.Add(y, bias));
        }

        SecretTensor? addend = bias is null ? null : session.MultiplyPublic(bias, 1, y.FractionalBits + weight.FractionalBits - bias.FractionalBits);
        return scope.Keep(await session.SumOfProductsAsync([new SecretProduct(y, weight)], addend, fractionalBits, cancellationToken).ConfigureAwait(false));
    }
}
