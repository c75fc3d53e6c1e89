using SecureTransformer.Generation;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The operations that can be timed one by one.</summary>
internal static class Primitives
{
    /// <summary>The vocabulary of GPT-2.</summary>
    private const int Vocabulary = 50_257;

    private static readonly Dictionary<string, Func<int, RandomValues, Workload>> s_all = new()
    {
        ["multiply"] = (n, r) => Workload.Of(static async (s, x) => await s.MultiplyAsync(x[0], x[1]), Values(n, r, -8, 8), Values(n, r, -8, 8)),
        ["square"] = (n, r) => Workload.Of(static async (s, x) => await s.SquareAsync(x[0]), Values(n, r, -8, 8)),
        ["sign"] = (n, r) => Workload.Of(static async (s, x) => await s.ToArithmeticAsync(await s.LessThanZeroAsync(x[0], 32)), Values(n, r, -8, 8)),
        ["sign-bits"] = (n, r) => Workload.Of(
            static async (s, x) =>
            {
                using SecretBits bits = await s.LessThanZeroAsync(x[0], 32);
                return s.Slice(x[0], 0, 0, 1);
            },
            Values(n, r, -8, 8)),
        ["relu"] = (n, r) => Workload.Of(
            static async (s, x) =>
            {
                using SecretBits negative = await s.LessThanZeroAsync(x[0], 32);
                using SecretBits positive = s.Not(negative);
                return await s.MultiplyBitAsync(positive, x[0]);
            },
            Values(n, r, -8, 8)),
        ["exp"] = (n, r) => Function(Exp.Default, Values(n, r, -16, 0)),
        ["gelu"] = (n, r) => Function(Gelu.Erf, Values(n, r, -8, 8)),
        ["silu"] = (n, r) => Function(Silu.Default, Values(n, r, -12, 12)),
        ["sigmoid"] = (n, r) => Function(Sigmoid.Default, Values(n, r, -12, 12)),
        ["tanh"] = (n, r) => Function(Tanh.Default, Values(n, r, -8, 8)),
        ["reciprocal"] = (n, r) => Function(Reciprocal.Default, Values(n, r, 0.01, 1000)),
        ["rsqrt"] = (n, r) => Function(InverseSquareRoot.Default, Values(n, r, 0.01, 1000)),
        ["divide"] = (n, r) => Workload.Of(static async (s, x) => await s.DivideAsync(x[0], x[1]), Values(n, r, -8, 8), Values(n, r, 0.5, 100)),
        ["softmax"] = (n, r) => Workload.Of(static async (s, x) => await Softmax.EvaluateAsync(s, x[0]), Rows(n, 128, r, -8, 8)),
        ["layernorm"] = (n, r) => Workload.Of(static async (s, x) => await LayerNorm.EvaluateAsync(s, x[0], x[1], x[2], 1e-12), Rows(n, 768, r, -4, 4), Values(768, r, 0.5, 1.5), Values(768, r, -1, 1)),
        ["choice"] = (n, r) => Workload.Of(
            static async (s, x) =>
            {
                SecretToken token = await PrivateChoice.GreedyAsync(s, x[0]);
                token.OneHot.Dispose();
                return token.Id;
            },
            Rows(n, Vocabulary, r, -8, 8)),
        ["sample"] = (n, r) => Workload.Of(
            static async (s, x) =>
            {
                using SecretToken token = await PrivateChoice.SampleAsync(s, x[0], 1);
                return s.Slice(x[0], 0, 0, 1);
            },
            Rows(n, Vocabulary, r, -8, 8)),
        ["maximum"] = (n, r) => Workload.Of(static async (s, x) => await s.MaximumAsync(x[0], 32), Rows(n, 128, r, -8, 8)),
    };

    public static IEnumerable<string> Names => s_all.Keys;

    public static Workload Create(string name, int size)
    {
        using var random = new RandomValues(1);
        return s_all[name](size, random);
    }

    public static Workload MatMul(int m, int k, int n)
    {
        using var random = new RandomValues(2);
        return new Workload(
            [(new TensorShape(m, k), random.Normal(m * k, 1)), (new TensorShape(k, n), random.Normal(k * n, 0.05))],
            static (s, x) => Task.FromResult<object?>(s.Pack(x[1])),
            static async (s, x, packed) => await s.MatMulAsync(x[0], (SecretMatrix)packed!));
    }

    private static Workload Function(SecretFunction function, (TensorShape Shape, double[] Values) input) =>
        Workload.Of(async (s, x) => await s.EvaluateAsync(function, x[0]), input);

    private static (TensorShape Shape, double[] Values) Values(int count, RandomValues random, double low, double high) =>
        (new TensorShape(count), random.Uniform(count, low, high));

    private static (TensorShape Shape, double[] Values) Rows(int rows, int columns, RandomValues random, double low, double high) =>
        (new TensorShape(rows, columns), random.Uniform(rows * columns, low, high));
}
