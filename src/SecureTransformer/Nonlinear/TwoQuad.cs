using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>(x + 5)^2 over its sum along the row, in place of softmax in models distilled for it (Li et al., MPCFormer, arXiv 2211.01452, section 4.1).</summary>
/// <remarks>
/// Not an approximation of softmax: it grows again below -5. A square, a reciprocal a row and a product; no comparison an element. The sum of squares must lie between
/// 2^-16 and 2^24, or be 0, which gives zeros; error at most 2^-28 / S + (2^-33 S + 2^-20) y and one unit in the last place, for S from 2^-10 to 2^20 below 2e-4 y and two units.
/// </remarks>
public static class TwoQuad
{
    /// <summary>The constant added to scores.</summary>
    public const double Offset = 5;

    /// <summary>With the paper's constant, 5.</summary>
    public static RowFunction Default { get; } = new Function();

    private sealed class Function : QuotientFunction
    {
        public override string Name => "2quad";

        public override string Source => "Li et al., MPCFormer, arXiv 2211.01452, section 4.1";

        protected override int MinimumBits => SumBits - 16;

        protected override bool MayBeZero => true;

        protected override async ValueTask<SecretTensor> NumeratorsAsync(MpcSession session, SecretTensor x, double[] shares, CancellationToken cancellationToken)
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor work = await session.WithFractionalBitsAsync(x, Math.Min(x.FractionalBits, Normalizer.MaxBits), cancellationToken).ConfigureAwait(false);
            SecretTensor shifted = session.AddPublic(work, Offset);
            SecretTensor square = await session.SquareAsync(shifted, Math.Min(NumeratorBits, 2 * work.FractionalBits), cancellationToken).ConfigureAwait(false);
            return scope.Keep(await session.WithFractionalBitsAsync(square, NumeratorBits, cancellationToken).ConfigureAwait(false));
        }
    }
}
