using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>A function of each score, at or above 0, over its sum along the row.</summary>
/// <remarks>
/// Numerators have 28 fractional bits and the reciprocal of their sum 33: a quotient of at most 1 is below 2^61 before it is truncated, whatever the sum and the length of
/// the row, and a sum below 2^24 is below 2^57. The reciprocal normalises the sum to [1/2, 1] first (<see cref="Reciprocal"/>). The error of a quotient y of the sum S is at most
/// 2^-28 / S + (2^-33 S + 2^-20) y and one unit in the last place.
/// </remarks>
internal abstract class QuotientFunction : RowFunction
{
    /// <summary>The fractional bits of numerators.</summary>
    protected const int NumeratorBits = 28;

    /// <summary>The fractional bits of the sum and of its reciprocal.</summary>
    protected const int SumBits = 33;

    private const int SumWidth = SumBits + 24;

    /// <summary>The sum, if it is not zero, is at least 2^MinimumBits with <see cref="SumBits"/> fractional bits.</summary>
    protected abstract int MinimumBits { get; }

    /// <summary>Whether the sum may be zero, which gives zeros.</summary>
    protected abstract bool MayBeZero { get; }

    /// <inheritdoc/>
    public sealed override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, bool[]? keep = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginOperation(Name);
        RowMask.Require(x, keep);
        bool[] all = keep ?? [.. Enumerable.Repeat(true, x.Shape[-1])];
        return scope.Keep(
            all.Length == x.Shape[-1] && all.Count(k => k) == 1 ? new RaggedRows(x.Shape, all).Units(session, x.FractionalBits)
            : keep is null || keep.AsSpan().IndexOf(false) < 0 ? await AllAsync(x).ConfigureAwait(false)
            : keep.Length == x.Shape[-1] ? await RowMask.OnColumnsAsync(session, x, keep, AllAsync).ConfigureAwait(false)
            : await RaggedAsync(session, x, keep, cancellationToken).ConfigureAwait(false));

        async ValueTask<SecretTensor> AllAsync(SecretTensor rows)
        {
            SecretTensor numerators = await NumeratorsAsync(session, rows, new double[] { 1.0 / rows.Shape[-1] }, cancellationToken).ConfigureAwait(false);
            return await DivideAsync(session, numerators, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<SecretTensor> EvaluatePaddedAsync(MpcSession session, SecretTensor x, bool[] keep, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(keep);
        RowMask.RequireColumns(x, keep);
        using SessionScope scope = session.BeginOperation(Name);
        SecretTensor numerators = await NumeratorsAsync(session, x, new double[] { 1.0 / keep.Count(k => k) }, cancellationToken).ConfigureAwait(false);
        SecretTensor kept = session.MultiplyInteger(numerators, RowMask.Factors(keep));
        numerators.Dispose();
        SecretTensor quotients = await DivideAsync(session, kept, x.FractionalBits, cancellationToken).ConfigureAwait(false);

        // One position is 1, whatever its score; what is sent is as for several.
        return scope.Keep(keep.Count(k => k) == 1 ? new RaggedRows(x.Shape, keep).Units(session, x.FractionalBits) : quotients);
    }

    /// <summary>The function of each score, with <see cref="NumeratorBits"/> fractional bits.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The scores, in any shape.</param>
    /// <param name="shares">1 / n for each score, of a row that keeps n; one for all, or one each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    protected abstract ValueTask<SecretTensor> NumeratorsAsync(MpcSession session, SecretTensor x, double[] shares, CancellationToken cancellationToken);

    /// <summary>A mask of its own for each row: what is left out costs nothing.</summary>
    private async ValueTask<SecretTensor> RaggedAsync(MpcSession session, SecretTensor x, bool[] keep, CancellationToken cancellationToken)
    {
        var rows = new RaggedRows(x.Shape, keep);
        if (rows.RowCount == 0)
        {
            return rows.Units(session, x.FractionalBits);
        }

        SecretTensor chosen = session.Gather(x, rows.Kept, rows.Flat);
        SecretTensor numerators = await NumeratorsAsync(session, chosen, rows.Shares, cancellationToken).ConfigureAwait(false);
        chosen.Dispose();
        SecretTensor r = await ReciprocalAsync(session, rows.SumOf(session, numerators), cancellationToken).ConfigureAwait(false);
        SecretTensor factors = session.Gather(r, rows.RowOf, rows.Flat);
        SecretTensor result = await session.MultiplyAsync(numerators, factors, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        numerators.Dispose();
        factors.Dispose();
        return rows.Whole(session, result);
    }

    private async ValueTask<SecretTensor> DivideAsync(MpcSession session, SecretTensor numerators, int fractionalBits, CancellationToken cancellationToken)
    {
        SecretTensor r = await ReciprocalAsync(session, session.Sum(numerators), cancellationToken).ConfigureAwait(false);
        return await session.MultiplyAsync(numerators, r, fractionalBits, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<SecretTensor> ReciprocalAsync(MpcSession session, SecretTensor sum, CancellationToken cancellationToken)
    {
        SecretTensor wide = session.MultiplyPublic(sum, 1, SumBits - sum.FractionalBits);
        return session.EvaluateAsync(new Reciprocal(SumWidth, MinimumBits, MayBeZero), wide, cancellationToken);
    }
}
