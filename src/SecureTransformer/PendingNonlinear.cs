using SecureTransformer.Protocols;

namespace SecureTransformer;

/// <summary>Stand-ins until the nonlinear functions are in: exact where a session evaluates functions exactly, an error elsewhere.</summary>
internal sealed class PendingFunction(string name, Func<double, double> exact) : SecretFunction
{
    public override string Name => name;

    public override string Source => "exact";

    public override double ErrorBound => 0;

    public override double Exact(double x) => exact(x);

    public override ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"'{name}' has no secure evaluation yet.");

    /// <summary>The error function by its Maclaurin series.</summary>
    public static double Erf(double x)
    {
        double sum = x;
        double term = x;
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return sum * 2 / Math.Sqrt(Math.PI);
    }
}

internal static class Gelu
{
    public static SecretFunction Erf { get; } = new PendingFunction("gelu", x => x / 2 * (1 + PendingFunction.Erf(x / Math.Sqrt(2))));

    public static SecretFunction Tanh { get; } = new PendingFunction("gelu_tanh", x => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))));

    public static SecretFunction Quad { get; } = new PendingFunction("quad", x => (x * x / 8) + (x / 4) + 0.5);
}

internal static class Silu
{
    public static SecretFunction Default { get; } = new PendingFunction("silu", x => x / (1 + Math.Exp(-x)));
}

internal static class Tanh
{
    public static SecretFunction Default { get; } = new PendingFunction("tanh", Math.Tanh);
}

internal static class Relu
{
    public static SecretFunction Default { get; } = new PendingFunction("relu", x => Math.Max(x, 0));
}

internal static class Softmax
{
    private static readonly SecretFunction s_exp = new PendingFunction("exp", Math.Exp);
    private static readonly SecretFunction s_reciprocal = new PendingFunction("reciprocal", x => 1 / x);

    public static async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, bool[]? keep, CancellationToken ct)
    {
        using SessionScope scope = session.BeginScope("softmax");
        SecretTensor below = session.Subtract(x, await session.MaximumAsync(x, cancellationToken: ct).ConfigureAwait(false));
        SecretTensor powers = await session.EvaluateAsync(s_exp, below, ct).ConfigureAwait(false);
        SecretTensor inverse = await session.EvaluateAsync(s_reciprocal, session.Sum(powers), ct).ConfigureAwait(false);
        return scope.Keep(await session.MultiplyAsync(powers, inverse, cancellationToken: ct).ConfigureAwait(false));
    }
}

internal static class LayerNorm
{
    private static readonly SecretFunction s_rsqrt = new PendingFunction("rsqrt", x => 1 / Math.Sqrt(x));

    public static async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, SecretTensor weight, SecretTensor bias, double eps, CancellationToken ct)
    {
        using SessionScope scope = session.BeginScope("layer-norm");
        int f = x.FractionalBits;
        double inverse = 1.0 / x.Shape[-1];
        SecretTensor mean = await session.TruncateAsync(session.MultiplyPublic(session.Sum(x), inverse, f), f, ct).ConfigureAwait(false);
        SecretTensor centred = session.Subtract(x, mean);
        SecretTensor squares = await session.DotAsync(centred, centred, f, ct).ConfigureAwait(false);
        SecretTensor variance = session.AddPublic(await session.TruncateAsync(session.MultiplyPublic(squares, inverse, f), f, ct).ConfigureAwait(false), eps);
        SecretTensor scaled = await session.MultiplyAsync(centred, await session.EvaluateAsync(s_rsqrt, variance, ct).ConfigureAwait(false), f, ct).ConfigureAwait(false);
        return scope.Keep(session.Add(await session.MultiplyAsync(scaled, weight, f, ct).ConfigureAwait(false), bias));
    }
}
