using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Softmax along the last axis: exp(x - max) over its sum, masked positions left out.</summary>
/// <remarks>
/// The maximum of each row as a tree of comparisons, <see cref="Exp.Default"/> (five truncated products or selections an element), one reciprocal a row over the
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
    /// <param name="width">A number of bits for which every difference of two logits of a row is in range; see <see cref="MpcSession.LessThanZeroAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <exception cref="ArgumentException">The mask does not repeat over the tensor in whole rows, or leaves a row empty.</exception>
    public static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, bool[]? keep = null, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
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

        using SessionScope scope = session.BeginScope();
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

    /// <summary>A mask of its own for each row, as for causal attention: what is left out repeats a kept position for the maximum and costs nothing afterwards.</summary>
    private static async ValueTask<SecretTensor> EvaluateRaggedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width, CancellationToken cancellationToken)
    {
        int columns = x.Shape[-1];
        int count = x.Shape.Count;
        var repeat = new int[count];
        var scatter = new int[count];
        var gather = new List<int>();
        var rowOf = new List<int>();
        for (int row = 0; row < count; row += columns)
        {
            int first = row + keep.AsSpan(row % keep.Length, columns).IndexOf(true);
            for (int i = row; i < row + columns; i++)
            {
                bool kept = keep[i % keep.Length];
                repeat[i] = kept ? i : first;
                scatter[i] = kept ? gather.Count : -1;
                if (kept)
                {
                    gather.Add(i);
                    rowOf.Add(row / columns);
                }
            }
        }

        var flat = new TensorShape(gather.Count);
        SecretTensor maximum = await session.MaximumAsync(session.Gather(x, repeat, x.Shape), width, cancellationToken).ConfigureAwait(false);
        SecretTensor difference = session.Subtract(session.Gather(x, [.. gather], flat), session.Gather(maximum, [.. rowOf], flat));
        SecretTensor e = await session.EvaluateAsync(Exp.Default.WithWidth(width), difference, cancellationToken).ConfigureAwait(false);
        SecretTensor sums = session.Sum(session.Gather(e, scatter, x.Shape));
        SecretTensor r = await ReciprocalAsync(session, sums, columns, mayBeZero: false, cancellationToken).ConfigureAwait(false);
        SecretTensor result = await session.MultiplyAsync(e, session.Gather(r, [.. rowOf], flat), x.FractionalBits, cancellationToken).ConfigureAwait(false);
        return session.Gather(result, scatter, x.Shape);
    }

    private static async ValueTask<SecretTensor> ExponentialsAsync(MpcSession session, SecretTensor x, int width, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor maximum = await session.MaximumAsync(x, width, cancellationToken).ConfigureAwait(false);
        SecretTensor difference = session.Subtract(x, maximum);
        return scope.Keep(await session.EvaluateAsync(Exp.Default.WithWidth(width), difference, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>1 / sum with <see cref="SumBits"/> fractional bits for sums from 1/2 to 2 columns.</summary>
    private static async ValueTask<SecretTensor> ReciprocalAsync(
        MpcSession session, SecretTensor sum, int columns, bool mayBeZero, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor wide = await session.WithFractionalBitsAsync(sum, SumBits, cancellationToken).ConfigureAwait(false);
        int width = SumBits + 1 + (32 - System.Numerics.BitOperations.LeadingZeroCount((uint)(columns - 1)));
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
