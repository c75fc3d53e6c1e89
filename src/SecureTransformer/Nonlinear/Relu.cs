using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>max(x, 0).</summary>
public static class Relu
{
    /// <summary>Exact, for magnitudes below 2^25 at 18 fractional bits: one comparison and one selection.</summary>
    public static SecretFunction Default { get; } = new Function();

    private sealed class Function : SecretFunction
    {
        public override string Name => "relu";

        public override string Source => "exact";

        public override double ErrorBound => 0;

        public override int? ArgumentBits => MpcSession.DefaultWidth - 1;

        public override double Exact(double x) => Math.Max(x, 0);

        public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(session);
            using SessionScope scope = session.BeginScope();
            SecretBits negative = await session.LessThanZeroAsync(x, cancellationToken: cancellationToken).ConfigureAwait(false);
            return scope.Keep(await session.MultiplyBitAsync(session.Not(negative), x, cancellationToken).ConfigureAwait(false));
        }
    }
}
