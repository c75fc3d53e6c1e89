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

    private static readonly Function s_default = new(null, "exp(x - max) over its sum");

    /// <summary>Softmax with <see cref="Exp.Default"/> and comparisons of the default width, as a value.</summary>
    public static RowFunction Default => s_default;

    /// <summary>Softmax with PUMA's approximation of exp, for comparison; see <see cref="Exp.Puma"/>.</summary>
    /// <param name="t">The number of squarings, 1 to 12. PUMA takes 5.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is not from 1 to 12.</exception>
    public static RowFunction Puma(int t)
    {
        SecretFunction exponential = Exp.Puma(t);
        return new Function(exponential, exponential.Source);
    }

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
    public static ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, bool[]? keep = null, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default) =>
        EvaluateAsync(session, x, keep, width, s_default, cancellationToken);

    /// <summary>Softmax along the last axis, under a public mask of its positions, at a cost that depends on the shape alone and not on the mask.</summary>
    /// <inheritdoc cref="EvaluateAsync(MpcSession, SecretTensor, bool[], int, CancellationToken)"/>
    /// <param name="session">The session.</param>
    /// <param name="x">The logits.</param>
    /// <param name="keep">Which positions of the last axis take part. Others repeat one that does, until they are left out of the sum and are exactly zero in the result.</param>
    /// <param name="width">A number of bits for which every difference of two logits of a row is in range.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public static ValueTask<SecretTensor> EvaluatePaddedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default) =>
        EvaluatePaddedAsync(session, x, keep, width, s_default, cancellationToken);

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
        SecretTensor e = await ExponentialsAsync(session, masked, width, s_default, cancellationToken).ConfigureAwait(false);
        e = await session.MultiplyAsync(e, keep, bits, cancellationToken).ConfigureAwait(false);
        SecretTensor r = await ReciprocalAsync(session, session.Sum(e), x.Shape[-1], mayBeZero: true, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(e, r, bits, cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor x, bool[]? keep, int width, Function function, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginOperation(function.Name);
        RowMask.Require(x, keep);
        return scope.Keep(
            keep is null || keep.AsSpan().IndexOf(false) < 0 ? await AllAsync(x).ConfigureAwait(false)
            : keep.Length == x.Shape[-1] ? await RowMask.OnColumnsAsync(session, x, keep, AllAsync).ConfigureAwait(false)
            : await EvaluateRaggedAsync(session, x, keep, width, function, cancellationToken).ConfigureAwait(false));

        async ValueTask<SecretTensor> AllAsync(SecretTensor rows)
        {
            SecretTensor e = await ExponentialsAsync(session, rows, width, function, cancellationToken).ConfigureAwait(false);
            SecretTensor r = await ReciprocalAsync(session, session.Sum(e), rows.Shape[-1], mayBeZero: false, cancellationToken).ConfigureAwait(false);
            return await session.MultiplyAsync(e, r, rows.FractionalBits, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<SecretTensor> EvaluatePaddedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width, Function function, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(keep);
        RowMask.RequireColumns(x, keep);
        int columns = keep.Length;
        using SessionScope scope = session.BeginOperation(function.Name);
        int first = Array.IndexOf(keep, true);
        int[] source = [.. Enumerable.Range(0, x.Shape.Count).Select(i => keep[i % columns] ? i : i - (i % columns) + first)];
        SecretTensor repeated = session.Gather(x, source, x.Shape);
        SecretTensor e = await ExponentialsAsync(session, repeated, width, function, cancellationToken).ConfigureAwait(false);
        repeated.Dispose();
        SecretTensor kept = session.MultiplyInteger(e, RowMask.Factors(keep));
        e.Dispose();
        SecretTensor r = await ReciprocalAsync(session, session.Sum(kept), columns, mayBeZero: false, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(kept, r, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// A mask of its own for each row, as for causal attention: what is left out repeats a kept position for the maximum and costs nothing afterwards.
    /// A row that keeps one position is 1 there, at no cost.
    /// </summary>
    private static async ValueTask<SecretTensor> EvaluateRaggedAsync(
        MpcSession session, SecretTensor x, bool[] keep, int width, Function function, CancellationToken cancellationToken)
    {
        var rows = new RaggedRows(x.Shape, keep);
        if (rows.RowCount == 0)
        {
            return rows.Units(session, x.FractionalBits);
        }

        SecretTensor repeated = session.Gather(x, rows.Repeat, rows.Shape);
        SecretTensor maximum = await session.MaximumAsync(repeated, width, SlackBits(session, repeated, width, function), cancellationToken).ConfigureAwait(false);
        repeated.Dispose();
        SecretTensor chosen = session.Gather(x, rows.Kept, rows.Flat);
        SecretTensor largest = session.Gather(maximum, rows.RowOf, rows.Flat);
        SecretTensor difference = session.Subtract(chosen, largest);
        chosen.Dispose();
        largest.Dispose();
        SecretTensor e = await session.EvaluateAsync(function.Exponential(width), difference, cancellationToken).ConfigureAwait(false);
        difference.Dispose();
        SecretTensor r = await ReciprocalAsync(session, rows.SumOf(session, e), x.Shape[-1], mayBeZero: false, cancellationToken).ConfigureAwait(false);
        SecretTensor factors = session.Gather(r, rows.RowOf, rows.Flat);
        SecretTensor result = await session.MultiplyAsync(e, factors, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        e.Dispose();
        factors.Dispose();
        return rows.Whole(session, result);
    }

    private static async ValueTask<SecretTensor> ExponentialsAsync(MpcSession session, SecretTensor x, int width, Function function, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor maximum = await session.MaximumAsync(x, width, SlackBits(session, x, width, function), cancellationToken).ConfigureAwait(false);
        SecretTensor difference = session.Subtract(x, maximum);
        return scope.Keep(await session.EvaluateAsync(function.Exponential(width), difference, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// How exact the maximum must be: it only keeps exp in range. With addition theorems exp takes arguments up to 0.69, so an element at most 1/2 below the largest will do; else the largest itself.
    /// </summary>
    private static int SlackBits(MpcSession session, SecretTensor x, int width, Function function)
    {
        int levels = CeilingLog2(x.Shape[-1]);
        return session.HasAdditionTheorems && function.TakesPositive ? Math.Clamp(x.FractionalBits - CeilingLog2(Math.Max(1, levels)), 0, width - 2) : 0;
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

    /// <param name="exponential">What takes the place of exp; null for <see cref="Exp.Default"/>.</param>
    /// <param name="source">Where it comes from.</param>
    private sealed class Function(SecretFunction? exponential, string source) : RowFunction
    {
        public override string Name { get; } = exponential is null ? "softmax" : exponential.Name.Replace("exp", "softmax", StringComparison.Ordinal);

        public override string Source => source;

        /// <summary>Whether exp takes arguments somewhat above 0 where the session has addition theorems.</summary>
        public bool TakesPositive => exponential is null;

        public SecretFunction Exponential(int width) => exponential ?? Exp.Default.WithWidth(width);

        public override ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, bool[]? keep = null, CancellationToken cancellationToken = default) =>
            Softmax.EvaluateAsync(session, x, keep, MpcSession.DefaultWidth, this, cancellationToken);

        public override ValueTask<SecretTensor> EvaluatePaddedAsync(MpcSession session, SecretTensor x, bool[] keep, CancellationToken cancellationToken = default) =>
            Softmax.EvaluatePaddedAsync(session, x, keep, MpcSession.DefaultWidth, this, cancellationToken);
    }
}
