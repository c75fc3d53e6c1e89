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
    public ValueTask<SecretBits> LessThanZeroAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default) =>
        RoughlyLessThanZeroAsync(x, width, 0, cancellationToken);

    /// <summary>Whether x is below zero, not told apart exactly near zero: a protocol may leave low bits out, which costs less.</summary>
    /// <inheritdoc cref="LessThanZeroAsync"/>
    /// <param name="x">The tensor.</param>
    /// <param name="width">
    /// A number of bits such that every element, as a ring element taken as signed, is known to lie in [-2^(width-1) + s, 2^(width-1) - s) with s = 2^(slackBits-1), or 0 where
    /// <paramref name="slackBits"/> is 0.
    /// </param>
    /// <param name="slackBits">Ring elements in [-2^(slackBits-1), 2^(slackBits-1)) may be told either way; from 0, exact, to <paramref name="width"/> - 2.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public async ValueTask<SecretBits> RoughlyLessThanZeroAsync(SecretTensor x, int width, int slackBits, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        RequireSlack(slackBits, width - 2);
        SecretBits result = AllocateBits(x.Shape);
        await RunAsync("sign", x.Shape.Count, 0, ct => Done(LessThanZeroCoreAsync(x, width, slackBits, result, ct)), cancellationToken).ConfigureAwait(false);
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

    /// <summary>Whether x lies in [-2^(windowBits-1), 2^(windowBits-1)) as a ring element taken as signed, and whether it lies below that window.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="windowBits">The bits of the window, from 1 to <paramref name="width"/> - 2.</param>
    /// <param name="width">
    /// A number of bits such that every element, and every element plus and minus 2^(windowBits-1), is known to lie in [-2^(width-1), 2^(width-1)).
    /// A value outside gives wrong bits without a word; fewer bits cost less.
    /// </param>
    /// <param name="slackBits">
    /// The ends of the window may be told either way for ring elements in [end - 2^(slackBits-1), end + 2^(slackBits-1)), which costs less; from 0, exact, to <paramref name="windowBits"/> - 1.
    /// The range above is then less by 2^(slackBits-1) on both sides. An element is never both inside and below.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public async ValueTask<(SecretBits Inside, SecretBits Below)> WindowAsync(
        SecretTensor x, int windowBits, int width = DefaultWidth, int slackBits = 0, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        ArgumentOutOfRangeException.ThrowIfLessThan(windowBits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowBits, width - 2);
        RequireSlack(slackBits, windowBits - 1);
        SecretBits inside = AllocateBits(x.Shape);
        SecretBits below = AllocateBits(x.Shape);
        await RunAsync("window", x.Shape.Count, 0, ct => Done(WindowCoreAsync(x, windowBits, width, slackBits, inside, below, ct)), cancellationToken).ConfigureAwait(false);
        return (inside, below);
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
    public ValueTask<SecretTensor> MaximumAsync(SecretTensor x, int width = DefaultWidth, CancellationToken cancellationToken = default) =>
        MaximumAsync(x, width, 0, cancellationToken);

    /// <summary>
    /// An element of each row along the last axis, which stays with extent 1, that is at most ceil(log2 N) 2^(slackBits-1) below the largest as a ring element: at each level of the tree the
    /// smaller one may win by as much.
    /// </summary>
    /// <inheritdoc cref="MaximumAsync(SecretTensor, int, CancellationToken)"/>
    /// <param name="x">The tensor.</param>
    /// <param name="width">A width for which every difference of two elements is known to be in range; see <see cref="RoughlyLessThanZeroAsync"/>.</param>
    /// <param name="slackBits">From 0, exact, to <paramref name="width"/> - 2.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public ValueTask<SecretTensor> MaximumAsync(SecretTensor x, int width, int slackBits, CancellationToken cancellationToken = default)
    {
        Require(x);
        RequireWidth(width);
        RequireSlack(slackBits, width - 2);
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
                SecretBits firstIsLarger = await RoughlyLessThanZeroAsync(difference, width, slackBits, cancellationToken).ConfigureAwait(false);
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

    /// <summary>result = (x is below zero), or either in [-2^(slackBits-1), 2^(slackBits-1)). By default exact.</summary>
    protected virtual ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, int slackBits, SecretBits result, CancellationToken cancellationToken) =>
        LessThanZeroCoreAsync(x, width, result, cancellationToken);

    /// <summary>result = (x is zero).</summary>
    protected abstract ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken);

    /// <summary>inside = (x lies in a window of so many bits around zero), below = (x lies below it). By default the signs of x plus and minus half the window, at once.</summary>
    protected virtual async ValueTask WindowCoreAsync(
        SecretTensor x, int windowBits, int width, int slackBits, SecretBits inside, SecretBits below, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(below);
        int count = x.Shape.Count;
        double half = Math.ScaleB(1, windowBits - 1 - x.FractionalBits);
        using SecretTensor flat = Reshape(x, new TensorShape(count));
        using SecretTensor up = AddPublic(flat, half);
        using SecretTensor down = AddPublic(flat, -half);
        using SecretTensor both = Concatenate([up, down], 0);
        using SecretBits negative = AllocateBits(both.Shape);
        await LessThanZeroCoreAsync(both, width, 0, negative, cancellationToken).ConfigureAwait(false);
        for (int c = 0; c < BitComponents; c++)
        {
            BitRuns.Copy(negative.Words(c), 0, below.Words(c), 0, count);
            BitRuns.Copy(negative.Words(c), count, inside.Words(c), 0, count);
        }

        XorCore(inside, below, inside);
    }

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

    private static void RequireSlack(int slackBits, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slackBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slackBits, most);
    }
}
