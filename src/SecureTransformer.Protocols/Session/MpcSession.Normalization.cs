namespace SecureTransformer.Protocols;

/// <content>Bringing positive numbers of unknown magnitude to a known one, for division and square roots.</content>
public abstract partial class MpcSession
{
    /// <summary>Comparisons up to which all powers of two are tried at once: beyond, rounds matter less than bytes.</summary>
    internal const int ParallelComparisons = 1 << 17;

    /// <summary>Finds the power of two that brings each ring element to [2^(width-1), 2^width).</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="width">Every element, as a ring element, is known to lie below 2^width; at most 62.</param>
    /// <param name="minimumBits">Every element is known to be at least 2^minimumBits, or zero.</param>
    /// <param name="mayBeZero">Whether an element may be zero.</param>
    /// <param name="squareRoot">Whether the scale's square root is wanted, as a power of two and a parity.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// Values outside the range give wrong results without a word. Unless the protocol has its own way, few elements are compared with all width - minimumBits powers
    /// at once; many search the highest bit by halving, with log2(width - minimumBits) comparisons one after another.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or reaches past 2^62.</exception>
    public ValueTask<NormalizingScale> NormalizeAsync(
        SecretTensor x, int width, int minimumBits = 0, bool mayBeZero = true, bool squareRoot = true, CancellationToken cancellationToken = default)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        return ComposeAsync("normalise", async scope =>
        {
            NormalizingScale result = await NormalizeCoreAsync(x, width, minimumBits, mayBeZero, squareRoot, cancellationToken).ConfigureAwait(false);
            return new NormalizingScale(scope.Keep(result.Scale), scope.Keep(result.NonZero), Kept(result.Half), Kept(result.Odd));

            SecretTensor? Kept(SecretTensor? part) => part is null ? null : scope.Keep(part);
        });
    }

    /// <summary>Finds the scales with comparisons; a protocol that gets at the highest bit more cheaply overrides this.</summary>
    protected virtual ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        return (long)x.Shape.Count * (width - minimumBits) <= ParallelComparisons
            ? NormalizeAtOnceAsync(x, width, minimumBits, mayBeZero, squareRoot, cancellationToken)
            : NormalizeByHalvingAsync(x, width, minimumBits, mayBeZero, squareRoot, cancellationToken);
    }

    /// <summary>From b_j = [x >= 2^j] for all j, any table of the highest bit e is the local sum of b_j (table(j) - table(j - 1)).</summary>
    private async ValueTask<NormalizingScale> NormalizeAtOnceAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        int first = mayBeZero ? minimumBits : minimumBits + 1;
        var powers = new double[width - first];
        for (int j = 0; j < powers.Length; j++)
        {
            powers[j] = -Math.ScaleB(1, first + j - x.FractionalBits);
        }

        SecretTensor differences = AddPublic(BroadcastTo(Reshape(x, x.Shape.Append(1)), x.Shape.Append(powers.Length)), powers);
        SecretBits below = await LessThanZeroAsync(differences, width + 1, cancellationToken).ConfigureAwait(false);
        SecretTensor atLeast = await ToArithmeticAsync(Not(below), cancellationToken).ConfigureAwait(false);
        SecretTensor nonZero = mayBeZero ? Reshape(Slice(atLeast, -1, 0, 1), x.Shape) : Constant(x.Shape, 1, 0);
        return new NormalizingScale(
            Table(s => 1L << s), nonZero, squareRoot ? Table(s => 1L << (s / 2)) : null, squareRoot ? Table(s => s & 1) : null);

        SecretTensor Table(Func<int, long> table)
        {
            var steps = new long[powers.Length];
            for (int j = 0; j < steps.Length; j++)
            {
                int s = width - 1 - (first + j);
                steps[j] = table(s) - (j == 0 && mayBeZero ? 0 : table(s + 1));
            }

            SecretTensor sum = Reshape(Sum(MultiplyInteger(atLeast, steps)), x.Shape);
            return mayBeZero ? sum : Add(sum, Constant(x.Shape, table(width - first), 0));
        }
    }

    /// <summary>Shifts by falling powers of two: x is shifted by t where it is below 2^(width-t), and the scales with it.</summary>
    private async ValueTask<NormalizingScale> NormalizeByHalvingAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        int count = x.Shape.Count;
        var flat = new TensorShape(count);

        // As integers, so that nothing below depends on the fractional bits of x.
        SecretTensor current = MultiplyPowerOfTwo(Reshape(x, flat), x.FractionalBits);
        SecretTensor scale = Constant(flat, 1, 0);
        if (mayBeZero)
        {
            SecretBits below = await LessThanZeroAsync(AddPublic(current, -Math.ScaleB(1, minimumBits)), width + 1, cancellationToken).ConfigureAwait(false);
            scale = await ToArithmeticAsync(Not(below), cancellationToken).ConfigureAwait(false);
            SecretTensor zero = AddPublic(Negate(scale), 1);
            current = Add(current, MultiplyInteger(zero, 1L << minimumBits));
        }

        SecretTensor nonZero = scale;
        SecretTensor half = scale;
        for (int t = 1 << System.Numerics.BitOperations.Log2((uint)(width - 1 - minimumBits)); ; t /= 2)
        {
            using SessionScope scope = BeginScope();
            SecretBits shifts = await LessThanZeroAsync(AddPublic(current, -Math.ScaleB(1, width - t)), width + 1, cancellationToken).ConfigureAwait(false);
            if (t == 1)
            {
                SecretTensor[] last = await WhereAsync(squareRoot ? [scale, Constant(flat, 1, 0)] : [scale]).ConfigureAwait(false);
                return new NormalizingScale(
                    Shaped(Add(scale, last[0])), Shaped(nonZero), squareRoot ? Shaped(half) : null, squareRoot ? Shaped(last[1]) : null);

                SecretTensor Shaped(SecretTensor part) => scope.Keep(Reshape(part, x.Shape));
            }

            long gain = (1L << t) - 1;
            List<SecretTensor> products = [MultiplyInteger(current, gain), MultiplyInteger(scale, gain)];
            if (squareRoot)
            {
                products.Add(MultiplyInteger(half, (1L << (t / 2)) - 1));
            }

            SecretTensor[] gains = await WhereAsync(products).ConfigureAwait(false);
            current = scope.Keep(Add(current, gains[0]));
            scale = scope.Keep(Add(scale, gains[1]));
            if (squareRoot)
            {
                half = scope.Keep(Add(half, gains[2]));
            }

            async ValueTask<SecretTensor[]> WhereAsync(List<SecretTensor> values)
            {
                SecretBits repeated = Concatenate(Enumerable.Repeat(shifts, values.Count).ToArray());
                SecretTensor all = await MultiplyBitAsync(repeated, Concatenate(values, 0), cancellationToken).ConfigureAwait(false);
                return [.. values.Select((_, i) => Slice(all, 0, i * count, count))];
            }
        }
    }
}
