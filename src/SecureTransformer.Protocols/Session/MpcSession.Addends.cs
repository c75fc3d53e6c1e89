namespace SecureTransformer.Protocols;

/// <content>Functions with an addition theorem: f(u + v) is a short sum of products of functions of u and of v.</content>
public abstract partial class MpcSession
{
    /// <summary>
    /// Whether the protocol has <see cref="HarmonicSumAsync"/> and <see cref="ExponentialAsync"/>: where one party knows one summand of a shared number and others the rest.
    /// Without them functions go through polynomials.
    /// </summary>
    public virtual bool HasAdditionTheorems => false;

    /// <summary>A trigonometric sum of each element; outside its window an arbitrary value.</summary>
    /// <param name="sum">The sum; in its window below 8 in magnitude.</param>
    /// <param name="x">The argument, with at least 8 fractional bits. Any ring element.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">x has too few or too many fractional bits for the sum.</exception>
    /// <exception cref="NotSupportedException">The protocol has no such operation.</exception>
    public async ValueTask<SecretTensor> HarmonicSumAsync(HarmonicSum sum, SecretTensor x, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sum);
        Require(x);
        RequireAddends();
        if (x.FractionalBits < 8 || sum.Layout(x.FractionalBits).AccumulatorBits > 58)
        {
            throw new ArgumentException($"{x.FractionalBits} fractional bits do not suit a trigonometric sum: at least 8, and at most 58 before its truncation.", nameof(x));
        }

        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        await RunAsync("harmonic sum", ct => Done(HarmonicSumCoreAsync(sum, x, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>exp(x) where the bit is 1, zero where it is 0.</summary>
    /// <param name="x">The argument, with 8 to 24 fractional bits; from -28 to 0.69 wherever the bit is 1, and any ring element elsewhere. The result has its fractional bits.</param>
    /// <param name="keep">The bits.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Error below two units in the last place.</remarks>
    /// <exception cref="ArgumentException">The numbers of elements differ, or x has too few or too many fractional bits.</exception>
    /// <exception cref="NotSupportedException">The protocol has no such operation.</exception>
    public async ValueTask<SecretTensor> ExponentialAsync(SecretTensor x, SecretBits keep, CancellationToken cancellationToken = default)
    {
        Require(x);
        Require(keep);
        RequireCount(keep, x.Shape);
        RequireAddends();
        if (x.FractionalBits is < 8 or > 24)
        {
            throw new ArgumentException($"An exponential takes 8 to 24 fractional bits; this tensor has {x.FractionalBits}.", nameof(x));
        }

        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        await RunAsync("exponential", ct => Done(ExponentialCoreAsync(x, keep, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>result = the sum at x.</summary>
    protected virtual ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>result = exp(x) where the bit is 1, else zero.</summary>
    protected virtual ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private void RequireAddends()
    {
        if (!HasAdditionTheorems)
        {
            throw new NotSupportedException($"The protocol {Protocol} has no trigonometric sums and exponentials of its own.");
        }
    }
}
