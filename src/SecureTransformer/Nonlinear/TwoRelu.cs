using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>
/// (max(x, 0) + eps / n) / (sum of max(x, 0) + eps) along a row that keeps n positions, in place of softmax (Mohassel and Zhang, SecureML, 2017, section 5.3; Li et al., MPCFormer,
/// arXiv 2211.01452, section 4.1). A row with nothing above 0 is uniform.
/// </summary>
/// <remarks>
/// One comparison and one selection an element, a reciprocal a row and a product. Scores below 2^24 and their sum below 2^24; error at most 2^-28 / S + (2^-33 S + 2^-20) y and one
/// unit in the last place. The rounding of eps / n is that of 28 fractional bits, so that rows still sum to 1.
/// </remarks>
public static class TwoRelu
{
    /// <summary>eps: what a row that has nothing above 0 is divided by. A power of two, which the encoding has exactly, and far below what a score matters by.</summary>
    public const double Epsilon = 1.0 / 64;

    /// <summary>The function.</summary>
    public static RowFunction Default { get; } = new Function();

    private sealed class Function : QuotientFunction
    {
        public override string Name => "2relu";

        public override string Source => "Mohassel and Zhang, SecureML, 2017, section 5.3; Li et al., MPCFormer, arXiv 2211.01452, section 4.1";

        // A bit below eps, for the rounding of its parts.
        protected override int MinimumBits => SumBits - 7;

        protected override bool MayBeZero => false;

        protected override async ValueTask<SecretTensor> NumeratorsAsync(MpcSession session, SecretTensor x, double[] shares, CancellationToken cancellationToken)
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor positive = await session.EvaluateAsync(Relu.Default, x, cancellationToken).ConfigureAwait(false);
            SecretTensor wide = await session.WithFractionalBitsAsync(positive, NumeratorBits, cancellationToken).ConfigureAwait(false);
            double[] parts = Array.ConvertAll(shares, share => share * Epsilon);
            return scope.Keep(parts.Length == 1 ? session.AddPublic(wide, parts[0]) : session.AddPublic(wide, parts));
        }
    }
}
