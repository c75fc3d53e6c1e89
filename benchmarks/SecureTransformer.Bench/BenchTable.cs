using System.Globalization;
using System.Text;

namespace SecureTransformer.Bench;

/// <summary>The table of docs/benchmarks.md: each row measured now, beside what MP-SPDZ measured on the same kind of machine.</summary>
internal static class BenchTable
{
    /// <summary>Seconds (second repetition, TLS on) and megabytes of MP-SPDZ at commit 3a0a7b1, three parties, replicated ring, 16 fractional bits; null where not measured.</summary>
    private static readonly (string Name, Func<Workload> Create, double? Seconds, double? Megabytes)[] s_rows =
    [
        ("matrix 128x768 . 768x768", () => Primitives.MatMul(128, 768, 768), 0.34, 5.5),
        ("matrix 128x768 . 768x3072", () => Primitives.MatMul(128, 768, 3072), 2.02, 22),
        ("matrix 256^3", () => Primitives.MatMul(256, 256, 256), 0.058, 3.7),
        ("matrix 1024^3", () => Primitives.MatMul(1024, 1024, 1024), 7.41, 58.7),
        ("10^6 products with truncation", () => Primitives.Create("multiply", 1_000_000), 0.082, 56),
        ("10^6 x < 0, 32 bits (MP-SPDZ: 31)", () => Primitives.Create("sign-bits", 1_000_000), 0.136, 67),
        ("10^6 ReLU", () => Primitives.Create("relu", 1_000_000), 0.172, 91),
        ("10^5 exp", () => Primitives.Create("exp", 100_000), 0.161, 130),
        ("10^5 GELU", () => Primitives.Create("gelu", 100_000), 0.114, 77),
        ("10^5 sigmoid", () => Primitives.Create("sigmoid", 100_000), 0.338, 236),
        ("10^5 tanh", () => Primitives.Create("tanh", 100_000), 0.343, 239),
        ("10^5 1/sqrt", () => Primitives.Create("rsqrt", 100_000), 0.178, 82),
        ("10^5 x / y", () => Primitives.Create("divide", 100_000), 0.155, 91),
        ("softmax of 1536 rows of 128", () => Primitives.Create("softmax", 1536), 0.436, 304),
        ("LayerNorm 128x768", () => Primitives.Create("layernorm", 128), 0.043, 16.7),
        ("private choice, vocabulary 50,257", () => Primitives.Create("choice", 1), null, null),
        ("BERT-base block, 128 tokens", () => BertBase.Layer(128, 0.02), 8.34, 866),
    ];

    public static async Task<string> CreateAsync(BenchOptions options)
    {
        var text = new StringBuilder();
        text.Append("| Work | seconds | MB, all parties | rounds | largest error | MP-SPDZ: seconds | MB |\n|---|---|---|---|---|---|---|\n");
        foreach ((string name, Func<Workload> create, double? seconds, double? megabytes) in s_rows)
        {
            Console.Error.WriteLine(name);
            BenchResult result = await Measurement.RunAsync(create(), options);
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {result.Seconds:F3} | {result.BytesSentTotal / 1e6:F1} | {result.Rounds} | {result.MaxAbsError:E1} | {seconds} | {megabytes} |\n");
        }

        return text.ToString();
    }
}
