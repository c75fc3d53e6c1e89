namespace SecureTransformer.Protocols;

/// <content>Comparisons, bits and selection.</content>
public abstract partial class MpcSession
{
    /// <summary>Whether x is below zero.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="width">
    /// A number of bits such that every element, as a ring element taken as signed, is known to lie in [-2^(width-1), 2^(width-1)).
    /// A value outside gives a wrong sign without a word; fewer bits cost less.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public async ValueTask<SecretBits> LessThanZeroAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("sign", x.Shape.Count, 0, ct => Done(LessThanZeroCoreAsync(x, width, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Whether x is zero.</summary>
    /// <inheritdoc cref="LessThanZeroAsync"/>
    public async ValueTask<SecretBits> EqualsZeroAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("equality", x.Shape.Count, 0, ct => Done(EqualsZeroCoreAsync(x, width, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>x AND y on bits of the same shape.</summary>
    public async ValueTask<SecretBits> AndAsync(SecretBits x, SecretBits y, CancellationToken cancellationToken = default)
    {
        RequireSameShape(x, y);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("and", x.Shape.Count, 0, ct => Done(AndCoreAsync(x, y, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Bits as numbers 0 and 1 without fractional bits.</summary>
    public async ValueTask<SecretTensor> ToArithmeticAsync(SecretBits x, CancellationToken cancellationToken = default)
    {
        Require(x);
        SecretTensor result = Allocate(x.Shape, 0);
        await RunAsync("bits to arithmetic", x.Shape.Count, 0, ct => Done(ToArithmeticCoreAsync(x, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>x where the bit is 1, zero where it is 0. Exact.</summary>
    /// <exception cref="ArgumentException">The numbers of elements differ.</exception>
    public async ValueTask<SecretTensor> MultiplyBitAsync(SecretBits bits, SecretTensor x, CancellationToken cancellationToken = default)
    {
        Require(bits);
        Require(x);
        RequireCount(bits, x.Shape);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        await RunAsync("select", x.Shape.Count, 0, ct => Done(MultiplyBitCoreAsync(bits, x, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary><paramref name="whenOne"/> where the bit is 1, <paramref name="whenZero"/> where it is 0. Exact.</summary>
    /// <exception cref="ArgumentException">Shapes or fractional bits differ.</exception>
    public async ValueTask<SecretTensor> SelectAsync(SecretBits bits, SecretTensor whenOne, SecretTensor whenZero, CancellationToken cancellationToken = default)
    {
        // No scope: it would own what the caller makes while this waits.
        using SecretTensor difference = Subtract(whenOne, whenZero);
        using SecretTensor chosen = await MultiplyBitAsync(bits, difference, cancellationToken).ConfigureAwait(false);
        return Add(chosen, whenZero);
    }

    /// <summary>The largest element of each row along the last axis, which stays with extent 1. Exact.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="width">A width for which every difference of two elements is known to be in range; see <see cref="LessThanZeroAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>A tree: ceil(log2 N) comparisons and selections in sequence, N - 1 of each a row in all.</remarks>
    public ValueTask<SecretTensor> MaximumAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        return ComposeAsync("maximum", async () =>
        {
            int rows = x.Shape.Rows;
            int left = x.Shape[-1];
            // Candidates stand along the outermost axis, so that halves are views.
            SecretTensor candidates = Permute(Reshape(x, new TensorShape(rows, left)), 1, 0);
            while (left > 1)
            {
                using SessionScope scope = BeginScope();
                int half = left / 2;
                SecretTensor first = Slice(candidates, 0, 0, half);
                SecretTensor second = Slice(candidates, 0, half, half);
                SecretTensor difference = Subtract(second, first);
                SecretBits firstIsLarger = await LessThanZeroAsync(difference, width, cancellationToken).ConfigureAwait(false);
                SecretTensor gain = await MultiplyBitAsync(Not(firstIsLarger), difference, cancellationToken).ConfigureAwait(false);
                SecretTensor larger = Add(first, gain);
                if (left % 2 == 1)
                {
                    larger = Concatenate([larger, Slice(candidates, 0, left - 1, 1)], 0);
                }

                candidates.Dispose();
                candidates = scope.Keep(larger);
                left -= half;
            }

            return Reshape(candidates, x.Shape.With(-1, 1));
        });
    }

    /// <summary>result = (x is below zero).</summary>
    protected abstract ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken);

    /// <summary>result = (x is zero).</summary>
    protected abstract ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken);

    /// <summary>result = x AND y.</summary>
    protected abstract ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken);

    /// <summary>result = 1 where the bit is set, else 0.</summary>
    protected abstract ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>result = x where the bit is set, else 0. By default a conversion and a product.</summary>
    protected virtual async ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        using SecretTensor number = Allocate(x.Shape, 0);
        await ToArithmeticCoreAsync(bits, number, cancellationToken).ConfigureAwait(false);
        await ProductCoreAsync([new SecretProduct(x, number)], null, 0, result, cancellationToken).ConfigureAwait(false);
    }

    private static void RequireWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
    }
}
