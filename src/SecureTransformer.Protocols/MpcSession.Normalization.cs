namespace SecureTransformer.Protocols;

/// <content>Bringing positive numbers of unknown magnitude to a known one, for division and square roots.</content>
public abstract partial class MpcSession
{
    /// <summary>Comparisons up to which all powers of two are tried at once: beyond, rounds matter less than bytes.</summary>
    private const int ParallelComparisons = 1 << 17;

    /// <summary>Finds the power of two that brings each ring element to [2^(width-1), 2^width).</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="width">Every element, as a ring element, is known to lie below 2^width; at most 62.</param>
    /// <param name="minimumBits">Every element is known to be at least 2^minimumBits, or zero.</param>
    /// <param name="mayBeZero">Whether an element may be zero.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// Values outside the range give wrong results without a word. Few elements are compared with all width - minimumBits powers at once; many search the
    /// highest bit by halving, with log2(width - minimumBits) comparisons one after another.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or reaches past 2^62.</exception>
    public ValueTask<NormalizingScale> NormalizeAsync(
        SecretTensor x, int width, int minimumBits = 0, bool mayBeZero = true, CancellationToken cancellationToken = default)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        return ComposeAsync("normalise", async scope =>
        {
            NormalizingScale result = await NormalizeCoreAsync(x, width, minimumBits, mayBeZero, cancellationToken).ConfigureAwait(false);
            return new NormalizingScale(scope.Keep(result.Scale), scope.Keep(result.Half), scope.Keep(result.Odd), scope.Keep(result.NonZero));
        });
    }

    /// <summary>Finds the scales with comparisons; a protocol that gets at the highest bit more cheaply overrides this.</summary>
    protected virtual ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        return (long)x.Shape.Count * (width - minimumBits) <= ParallelComparisons
            ? NormalizeAtOnceAsync(x, width, minimumBits, mayBeZero, cancellationToken)
            : NormalizeByHalvingAsync(x, width, minimumBits, mayBeZero, cancellationToken);
    }

    /// <summary>From b_j = [x >= 2^j] for all j, any table of the highest bit e is the local sum of b_j (table(j) - table(j - 1)).</summary>
    private async ValueTask<NormalizingScale> NormalizeAtOnceAsync(SecretTensor x, int width, int minimumBits, bool mayBeZero, CancellationToken cancellationToken)
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
        return new NormalizingScale(Table(s => 1L << s), Table(s => 1L << (s / 2)), Table(s => s & 1), nonZero);

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
    private async ValueTask<NormalizingScale> NormalizeByHalvingAsync(SecretTensor x, int width, int minimumBits, bool mayBeZero, CancellationToken cancellationToken)
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
                SecretTensor last = Concatenate([scale, Constant(flat, 1, 0)], 0);
                last = await MultiplyBitAsync(Concatenate([shifts, shifts]), last, cancellationToken).ConfigureAwait(false);
                return new NormalizingScale(
                    Shaped(Add(scale, Slice(last, 0, 0, count))), Shaped(half), Shaped(Slice(last, 0, count, count)), Shaped(nonZero));

                SecretTensor Shaped(SecretTensor part) => scope.Keep(Reshape(part, x.Shape));
            }

            SecretTensor gains = Concatenate(
                [MultiplyInteger(current, (1L << t) - 1), MultiplyInteger(scale, (1L << t) - 1), MultiplyInteger(half, (1L << (t / 2)) - 1)], 0);
            gains = await MultiplyBitAsync(Concatenate([shifts, shifts, shifts]), gains, cancellationToken).ConfigureAwait(false);
            current = scope.Keep(Add(current, Slice(gains, 0, 0, count)));
            scale = scope.Keep(Add(scale, Slice(gains, 0, count, count)));
            half = scope.Keep(Add(half, Slice(gains, 0, 2 * count, count)));
        }
    }
}
