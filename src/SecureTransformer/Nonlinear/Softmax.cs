using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Softmax along the last axis: exp(x - max) over its sum, masked positions left out.</summary>
/// <remarks>
/// The maximum of each row as a tree of comparisons, to 1/2 where that will do, <see cref="Exp.Default"/>, one reciprocal a row over the
/// few bits in which a sum between 1 and n can lie, one product. Error at most 2e-4 at 18 fractional bits.
/// </remarks>
public static class Softmax
{
    private const int SumBits = 30;

    /// <summary>Softmax along the last axis, under a public mask.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The logits.</param>
    /// <param name="keep">
    /// Which positions take part: one for each position of the last axis, or of more of the innermost axes, repeated over the others; null for all.
    /// Others are left out of the maximum and the sum and are exactly zero in the result.
    /// </param>
    /// <param name="width">A number of bits for which every difference of two logits of a row, and 1/2 beyond it, is in range; see <see cref="MpcSession.LessThanZeroAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">The mask does not repeat over the tensor in whole rows, or leaves a row empty.</exception>
    public static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, bool[]? keep = null, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginOperation("softmax");
        if (keep is null || keep.AsSpan().IndexOf(false) < 0)
        {
            RequireMask(x, keep);
            return scope.Keep(await EvaluateAllAsync(session, x, width, cancellationToken).ConfigureAwait(false));
        }

        RequireMask(x, keep);
        return scope.Keep(
            keep.Length == x.Shape[-1]
                ? await EvaluateColumnsAsync(session, x, keep, width, cancellationToken).ConfigureAwait(false)
                : await EvaluateRaggedAsync(session, x, keep, width, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Softmax along the last axis, under a public mask of its positions, at a cost that depends on the shape alone and not on the mask.</summary>
    /// <inheritdoc cref="EvaluateAsync(MpcSession, SecretTensor, bool[], int, CancellationToken)"/>
    /// <param name="session">The session.</param>
    /// <param name="x">The logits.</param>
    /// <param name="keep">Which positions of the last axis take part. Others repeat one that does, until they are left out of the sum and are exactly zero in the result.</param>
    /// <param name="width">A number of bits for which every difference of two logits of a row is in range.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public static async ValueTask<SecretTensor> EvaluatePaddedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(keep);
        RequireMask(x, keep);
        int columns = x.Shape[-1];
        if (keep.Length != columns)
        {
            throw new ArgumentException($"The mask has {keep.Length} positions and the last axis {columns}.", nameof(keep));
        }

        using SessionScope scope = session.BeginOperation("softmax");
        int first = Array.IndexOf(keep, true);
        int[] source = [.. Enumerable.Range(0, x.Shape.Count).Select(i => keep[i % columns] ? i : i - (i % columns) + first)];
        SecretTensor repeated = session.Gather(x, source, x.Shape);
        SecretTensor e = await ExponentialsAsync(session, repeated, width, cancellationToken).ConfigureAwait(false);
        repeated.Dispose();
        SecretTensor kept = session.MultiplyInteger(e, [.. keep.Select(k => k ? 1L : 0)]);
        e.Dispose();
        SecretTensor r = await ReciprocalAsync(session, session.Sum(kept), columns, mayBeZero: false, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(kept, r, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Softmax along the last axis, under a secret mask.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The logits; each below 2^(<paramref name="width"/>-3) in magnitude as a ring element.</param>
    /// <param name="keep">1 where a position takes part, 0 where not, without fractional bits; broadcast to the shape of x. A row with none gives zeros.</param>
    /// <param name="width">The width of comparisons.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Positions that do not take part are set to the least value of the range by a product, for the maximum alone. Two more products an element.</remarks>
    /// <exception cref="ArgumentException">The mask has fractional bits or does not broadcast to the shape of x.</exception>
    public static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, SecretTensor keep, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(keep);
        if (keep.FractionalBits != 0)
        {
            throw new ArgumentException($"A mask is made of the integers 0 and 1; this one has {keep.FractionalBits} fractional bits.", nameof(keep));
        }

        using SessionScope scope = session.BeginOperation("softmax");
        int bits = x.FractionalBits;
        double least = -Math.ScaleB(1, width - 3 - bits);
        SecretTensor masked = await session.MultiplyAsync(session.AddPublic(x, -least), keep, bits, cancellationToken).ConfigureAwait(false);
        masked = session.AddPublic(masked, least);
        SecretTensor e = await ExponentialsAsync(session, masked, width, cancellationToken).ConfigureAwait(false);
        e = await session.MultiplyAsync(e, keep, bits, cancellationToken).ConfigureAwait(false);
        SecretTensor r = await ReciprocalAsync(session, session.Sum(e), x.Shape[-1], mayBeZero: true, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(e, r, bits, cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<SecretTensor> EvaluateAllAsync(MpcSession session, SecretTensor x, int width, CancellationToken cancellationToken)
    {
        SecretTensor e = await ExponentialsAsync(session, x, width, cancellationToken).ConfigureAwait(false);
        SecretTensor r = await ReciprocalAsync(session, session.Sum(e), x.Shape[-1], mayBeZero: false, cancellationToken).ConfigureAwait(false);
        return await session.MultiplyAsync(e, r, x.FractionalBits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One mask for all rows: the kept columns are a smaller softmax.</summary>
    private static async ValueTask<SecretTensor> EvaluateColumnsAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width, CancellationToken cancellationToken)
    {
        int columns = keep.Length;
        int[] kept = [.. Enumerable.Range(0, columns).Where(i => keep[i])];
        int rows = x.Shape.Rows;
        var gather = new int[rows * kept.Length];
        var scatter = new int[x.Shape.Count];
        Array.Fill(scatter, -1);
        for (int i = 0; i < gather.Length; i++)
        {
            gather[i] = (i / kept.Length * columns) + kept[i % kept.Length];
            scatter[gather[i]] = i;
        }

        SecretTensor compact = session.Gather(x, gather, x.Shape.With(-1, kept.Length));
        SecretTensor result = await EvaluateAllAsync(session, compact, width, cancellationToken).ConfigureAwait(false);
        return session.Gather(result, scatter, x.Shape);
    }

    /// <summary>
    /// A mask of its own for each row, as for causal attention: what is left out repeats a kept position for the maximum and costs nothing afterwards.
    /// A row that keeps one position is 1 there, at no cost.
    /// </summary>
    private static async ValueTask<SecretTensor> EvaluateRaggedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width, CancellationToken cancellationToken)
    {
        int columns = x.Shape[-1];
        (int rows, int kept) = Computed(x.Shape.Rows, columns, keep);
        if (rows == 0)
        {
            using SecretTensor units = session.Constant(x.Shape, 1, x.FractionalBits);
            return session.MultiplyInteger(units, [.. keep.Select(k => k ? 1L : 0)]);
        }

        var shape = new TensorShape(rows, columns);
        var flat = new TensorShape(kept);
        var repeat = new int[shape.Count];
        var sums = new int[shape.Count];
        var gather = new int[kept];
        var rowOf = new int[kept];
        var scatter = new int[x.Shape.Count];
        int place = 0;
        int computed = 0;
        for (int start = 0; start < scatter.Length; start += columns)
        {
            ReadOnlySpan<bool> mask = keep.AsSpan(start % keep.Length, columns);
            int first = mask.IndexOf(true);
            Span<int> target = scatter.AsSpan(start, columns);
            target.Fill(-1);
            if (mask.LastIndexOf(true) == first)
            {
                target[first] = kept;
                continue;
            }

            for (int i = 0; i < columns; i++)
            {
                int copy = (computed * columns) + i;
                repeat[copy] = start + (mask[i] ? i : first);
                sums[copy] = mask[i] ? place : -1;
                if (mask[i])
                {
                    gather[place] = start + i;
                    rowOf[place] = computed;
                    target[i] = place++;
                }
            }

            computed++;
        }

        SecretTensor repeated = session.Gather(x, repeat, shape);
        SecretTensor maximum = await session.MaximumAsync(repeated, width, SlackBits(session, repeated, width), cancellationToken).ConfigureAwait(false);
        repeated.Dispose();
        SecretTensor chosen = session.Gather(x, gather, flat);
        SecretTensor largest = session.Gather(maximum, rowOf, flat);
        SecretTensor difference = session.Subtract(chosen, largest);
        chosen.Dispose();
        largest.Dispose();
        SecretTensor e = await session.EvaluateAsync(Exp.Default.WithWidth(width), difference, cancellationToken).ConfigureAwait(false);
        difference.Dispose();
        SecretTensor filled = session.Gather(e, sums, shape);
        SecretTensor sum = session.Sum(filled);
        filled.Dispose();
        SecretTensor r = await ReciprocalAsync(session, sum, columns, mayBeZero: false, cancellationToken).ConfigureAwait(false);
        SecretTensor factors = session.Gather(r, rowOf, flat);
        SecretTensor result = await session.MultiplyAsync(e, factors, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        e.Dispose();
        factors.Dispose();
        SecretTensor withUnit = session.Concatenate([result, session.Constant(new TensorShape(1), 1, result.FractionalBits)], 0);
        result.Dispose();
        return session.Gather(withUnit, scatter, x.Shape);
    }

    /// <summary>The number of rows that keep more than one position, and of the positions that they keep.</summary>
    private static (int Rows, int Kept) Computed(int rows, int columns, ReadOnlySpan<bool> keep)
    {
        int count = 0;
        int kept = 0;
        for (int start = 0; start < keep.Length; start += columns)
        {
            int positions = keep.Slice(start, columns).Count(true);
            if (positions > 1)
            {
                count++;
                kept += positions;
            }
        }

        int repeats = rows / (keep.Length / columns);
        return (count * repeats, kept * repeats);
    }

    private static async ValueTask<SecretTensor> ExponentialsAsync(MpcSession session, SecretTensor x, int width, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor maximum = await session.MaximumAsync(x, width, SlackBits(session, x, width), cancellationToken).ConfigureAwait(false);
        SecretTensor difference = session.Subtract(x, maximum);
        return scope.Keep(await session.EvaluateAsync(Exp.Default.WithWidth(width), difference, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// How exact the maximum must be: it only keeps exp in range. With addition theorems exp takes arguments up to 0.69, so an element at most 1/2 below the largest will do; else the largest itself.
    /// </summary>
    private static int SlackBits(MpcSession session, SecretTensor x, int width)
    {
        int levels = CeilingLog2(x.Shape[-1]);
        return session.HasAdditionTheorems ? Math.Clamp(x.FractionalBits - CeilingLog2(Math.Max(1, levels)), 0, width - 2) : 0;
    }

    private static int CeilingLog2(int n) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)(n - 1));

    /// <summary>1 / sum with <see cref="SumBits"/> fractional bits for sums from 1/2 to 2 columns.</summary>
    private static async ValueTask<SecretTensor> ReciprocalAsync(
        MpcSession session, SecretTensor sum, int columns, bool mayBeZero, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor wide = await session.WithFractionalBitsAsync(sum, SumBits, cancellationToken).ConfigureAwait(false);
        int width = SumBits + 1 + CeilingLog2(columns);
        return scope.Keep(await session.EvaluateAsync(new Reciprocal(width, SumBits - 1, mayBeZero), wide, cancellationToken).ConfigureAwait(false));
    }

    private static void RequireMask(SecretTensor x, bool[]? keep)
    {
        int columns = x.Shape[-1];
        if (keep is null)
        {
            return;
        }

        if (keep.Length == 0 || keep.Length % columns != 0 || x.Shape.Count % keep.Length != 0)
        {
            throw new ArgumentException($"A mask of {keep.Length} positions does not repeat over the shape {x.Shape} in whole rows.", nameof(keep));
        }

        for (int row = 0; row < keep.Length; row += columns)
        {
            if (keep.AsSpan(row, columns).IndexOf(true) < 0)
            {
                throw new ArgumentException($"The mask leaves no position in row {row / columns}.", nameof(keep));
            }
        }
    }
}
