using SecureTransformer.Generation;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>
/// The operations that can be timed one by one. Their inputs are multiples of 2^-16, which both 18 and 16 fractional bits represent, so that errors are those of the
/// operation and not of its inputs' encoding.
/// </summary>
internal static class Primitives
{
    /// <summary>The vocabulary of GPT-2.</summary>
    private const int Vocabulary = 50_257;

    private const double Grid = 65_536;

    private static readonly Dictionary<string, Func<int, Workload>> s_all = new()
    {
        ["multiply"] = n => Workload.Of(static async (s, x) => await s.MultiplyAsync(x[0], x[1]), Values(n, -8, 8), Values(n, -8, 8, seed: 2)),
        ["square"] = n => Workload.Of(static async (s, x) => await s.SquareAsync(x[0]), Values(n, -8, 8)),
        ["sign"] = n => Workload.Of(
            static async (s, x) =>
            {
                using SecretBits bits = await s.LessThanZeroAsync(x[0], 32);
                return await s.ToArithmeticAsync(bits);
            },
            Values(n, -8, 8)),
        ["sign-bits"] = n => Workload.Of(static async (s, x) => await s.LessThanZeroAsync(x[0], 32), Values(n, -8, 8)),
        ["relu"] = n => Workload.Of(
            static async (s, x) =>
            {
                using SecretBits negative = await s.LessThanZeroAsync(x[0], 32);
                using SecretBits positive = s.Not(negative);
                return await s.MultiplyBitAsync(positive, x[0]);
            },
            Values(n, -8, 8)),
        ["exp"] = n => Function(Exp.Default, Values(n, -16, 0)),
        ["gelu"] = n => Function(Gelu.Erf, Values(n, -8, 8)),
        ["silu"] = n => Function(Silu.Default, Values(n, -12, 12)),
        ["sigmoid"] = n => Function(Sigmoid.Default, Values(n, -12, 12)),
        ["tanh"] = n => Function(Tanh.Default, Values(n, -8, 8)),
        ["reciprocal"] = n => Function(Reciprocal.Default, Values(n, 0.01, 1000)),
        ["rsqrt"] = n => Function(InverseSquareRoot.Default, Values(n, 0.01, 1000)),
        ["divide"] = n => Workload.Of(static async (s, x) => await s.DivideAsync(x[0], x[1]), Values(n, -8, 8), Values(n, 0.5, 100, seed: 2)),
        ["softmax"] = n => Workload.Of(static async (s, x) => await Softmax.EvaluateAsync(s, x[0]), Rows(n, 128, -8, 8)),
        ["layernorm"] = n => Workload.Of(static async (s, x) => await LayerNorm.EvaluateAsync(s, x[0], x[1], x[2], 1e-12), Rows(n, 768, -4, 4), Values(768, 0.5, 1.5, seed: 2), Values(768, -1, 1, seed: 3)),
        ["choice"] = n => Workload.Of(
            static async (s, x) =>
            {
                SecretToken token = await PrivateChoice.GreedyAsync(s, x[0]);
                token.OneHot.Dispose();
                return token.Id;
            },
            Rows(n, Vocabulary, -8, 8)),
        ["sample"] = n => Workload.Of(
            static async (s, x) =>
            {
                using SecretToken token = await PrivateChoice.SampleAsync(s, x[0], 1);
                return s.Slice(x[0], 0, 0, 1);
            },
            Rows(n, Vocabulary, -8, 8)),
        ["maximum"] = n => Workload.Of(static async (s, x) => await s.MaximumAsync(x[0], 32), Rows(n, 128, -8, 8)),
    };

    public static IEnumerable<string> Names => s_all.Keys;

    public static Workload Create(string name, int size) => s_all[name](size);

    /// <summary>A product of two secrets; with a packed one, the right operand is made ready for the kernel before anything is measured.</summary>
    public static Workload MatMul((int M, int K, int N) extents, bool packed)
    {
        (int m, int k, int n) = extents;
        WorkloadInput[] inputs = [new(new TensorShape(m, k), () => Normal(m * k, 1, 11)), new(new TensorShape(k, n), () => Normal(k * n, 0.05, 12))];
        return packed
            ? new Workload(
                inputs,
                static (s, x) => Task.FromResult<object?>(s.Pack(x[1])),
                static async (s, x, right) => await s.MatMulAsync(x[0], (SecretMatrix)right!))
            : Workload.Of(static async (s, x) => await s.MatMulAsync(x[0], x[1]), inputs);
    }

    private static Workload Function(SecretFunction function, WorkloadInput input) =>
        Workload.Of(async (s, x) => await s.EvaluateAsync(function, x[0]), input);

    private static WorkloadInput Values(int count, double low, double high, ulong seed = 1) => new(new TensorShape(count), () => Uniform(count, low, high, seed));

    private static WorkloadInput Rows(int rows, int columns, double low, double high) => new(new TensorShape(rows, columns), () => Uniform(rows * columns, low, high, 1));

    private static double[] Uniform(int count, double low, double high, ulong seed)
    {
        using var random = new RandomValues(seed);
        return OnGrid(random.Uniform(count, low, high));
    }

    private static double[] Normal(int count, double deviation, ulong seed)
    {
        using var random = new RandomValues(seed);
        return OnGrid(random.Normal(count, deviation));
    }

    private static double[] OnGrid(double[] values) => Array.ConvertAll(values, static value => Math.Round(value * Grid) / Grid);
}
