using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>exp(x) as (1 + x / 2^t)^(2^t) for -14 and above, else 0 (Dong et al., PUMA, arXiv 2307.12533, section 4.2).</summary>
/// <remarks>One comparison on 44 bits, two selections, t truncated squares one after another.</remarks>
internal sealed class PumaExp : SecretFunction
{
    private const double Clip = 14;

    private readonly int _squarings;

    public PumaExp(int squarings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(squarings, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(squarings, 12);
        _squarings = squarings;
    }

    public override string Name => $"exp_puma_{_squarings}";

    public override string Source => "Dong et al., PUMA, arXiv 2307.12533";

    public override double ErrorBound => Math.ScaleB(0.28, -_squarings) + Math.ScaleB(1, _squarings - 18);

    public override int? ArgumentBits => MpcSession.DefaultWidth - 1;

    public override double Exact(double x) => Math.Exp(x);

    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        int bits = x.FractionalBits;
        SecretTensor shifted = session.AddPublic(x, Clip);
        SecretBits kept = session.Not(await session.LessThanZeroAsync(shifted, cancellationToken: cancellationToken).ConfigureAwait(false));
        SecretTensor clamped = session.AddPublic(await session.MultiplyBitAsync(kept, shifted, cancellationToken).ConfigureAwait(false), -Clip);
        SecretTensor power = session.AddPublic(session.MultiplyPowerOfTwo(clamped, -_squarings), 1);
        for (int i = 0; i < _squarings; i++)
        {
            power = await session.SquareAsync(power, bits, cancellationToken).ConfigureAwait(false);
        }

        return scope.Keep(await session.MultiplyBitAsync(kept, power, cancellationToken).ConfigureAwait(false));
    }
}
