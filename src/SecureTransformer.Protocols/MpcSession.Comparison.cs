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
        await RunAsync("sign", ct => Done(LessThanZeroCoreAsync(x, width, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Whether x is zero.</summary>
    /// <inheritdoc cref="LessThanZeroAsync"/>
    public async ValueTask<SecretBits> EqualsZeroAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("equality", ct => Done(EqualsZeroCoreAsync(x, width, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>x AND y on bits of the same shape.</summary>
    public async ValueTask<SecretBits> AndAsync(SecretBits x, SecretBits y, CancellationToken cancellationToken = default)
    {
        RequireSameShape(x, y);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("and", ct => Done(AndCoreAsync(x, y, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Bits as numbers 0 and 1 without fractional bits.</summary>
    public async ValueTask<SecretTensor> ToArithmeticAsync(SecretBits x, CancellationToken cancellationToken = default)
    {
        Require(x);
        SecretTensor result = Allocate(x.Shape, 0);
        await RunAsync("bits to arithmetic", ct => Done(ToArithmeticCoreAsync(x, result, ct)), cancellationToken).ConfigureAwait(false);
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
        await RunAsync("select", ct => Done(MultiplyBitCoreAsync(bits, x, result, ct)), cancellationToken).ConfigureAwait(false);
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

    /// <summary>
    /// Whether a ring element is at least 2^j, for j from <paramref name="first"/> to <paramref name="width"/> - 1: a new last axis of numbers 0 and 1 without fractional bits.
    /// From them any public function of the highest set bit is a local sum.
    /// </summary>
    /// <param name="x">The tensor.</param>
    /// <param name="first">The first power of two.</param>
    /// <param name="width">Every element, as a ring element, is known to lie in [0, 2^width); at most 62.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range of powers is empty or reaches past 2^61.</exception>
    public ValueTask<SecretTensor> CompareToPowersOfTwoAsync(SecretTensor x, int first, int width, CancellationToken cancellationToken = default)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(width, first);
        return ComposeAsync("compare to powers of two", () => CompareToPowersOfTwoCoreAsync(x, first, width, cancellationToken));
    }

    /// <summary>
    /// The comparisons of <see cref="CompareToPowersOfTwoAsync"/>. By default all at once, on width + 1 bits each, then to arithmetic; a protocol that gets at
    /// the bits of x more cheaply overrides this.
    /// </summary>
    protected virtual async ValueTask<SecretTensor> CompareToPowersOfTwoCoreAsync(SecretTensor x, int first, int width, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        var powers = new double[width - first];
        for (int j = 0; j < powers.Length; j++)
        {
            powers[j] = -Math.ScaleB(1, first + j - x.FractionalBits);
        }

        SecretTensor repeated = BroadcastTo(Reshape(x, x.Shape.Append(1)), x.Shape.Append(powers.Length));
        SecretTensor differences = AddPublic(repeated, powers);
        SecretBits below = await LessThanZeroAsync(differences, width + 1, cancellationToken).ConfigureAwait(false);
        return await ToArithmeticAsync(Not(below), cancellationToken).ConfigureAwait(false);
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
