namespace SecureTransformer.Bench;

/// <summary>The rows of the tables, with what MP-SPDZ (commit 3a0a7b1, 16 fractional bits) measured on the same kind of machine: second repetitions.</summary>
internal static class BenchRows
{
    private const string Operands = "left normal, right normal times 0.05; both secret";

    public static IReadOnlyList<BenchRow> All { get; } =
    [
        Product("128x768 . 768x768", 128 * 768, new(0.34, 5.5), new(0.37, 16), 30),
        Product("128x768 . 768x3072", 128 * 3072, new(2.02, 22), null, 30),
        Product("256x256 . 256x256", 256 * 256, new(0.058, 3.7), null, 10),
        Product("1024x1024 . 1024x1024", 1024 * 1024, new(7.41, 58.7), null, 30) with { IsLong = true },
        Packed("128x768 . 768x768", 128 * 768, new(0.34, 5.5)),
        Packed("128x768 . 768x3072", 128 * 3072, new(2.02, 22)),
        new("10^6 products with truncation", "x, y in [-8, 8), 64-bit values", "multiply/1000000", 1_000_000)
        {
            Replicated = new(0.082, 56) { SecondsWithoutTls = 0.050, Error = 1.5e-5 }, Dealer = new(0.24, 86), Bar = 1.4, MemoryBar = 2,
        },
        new("10^6 x < 0, as shared bits", "x in [-8, 8), 32-bit values (MP-SPDZ: 31)", "sign-bits/1000000", 1_000_000)
        {
            Replicated = new(0.136, 67) { SecondsWithoutTls = 0.089 }, Dealer = new(0.34, 79), Bar = 1.5,
        },
        new("10^6 x < 0, as shared numbers", "x in [-8, 8), 32-bit values (MP-SPDZ: 31)", "sign/1000000", 1_000_000)
        {
            Replicated = new(0.136, 67) { SecondsWithoutTls = 0.089 }, Dealer = new(0.34, 79), Bar = 1.5,
        },
        new("10^6 ReLU", "x in [-8, 8), 32-bit values (MP-SPDZ: 31)", "relu/1000000", 1_000_000) { Replicated = new(0.172, 91), Dealer = new(0.44, 119), Bar = 1.5 },
        new("10^5 exp", "x in [-16, 0), right for all x <= 0, 44-bit values (MP-SPDZ: 31, both signs)", "exp/100000", 100_000) { Replicated = new(0.161, 130) { SecondsWithoutTls = 0.123 }, Dealer = new(0.66, 192), Bar = 2 },
        new("10^5 GELU", "x in [-8, 8), right for all x, 44-bit values (MP-SPDZ: 31)", "gelu/100000", 100_000) { Replicated = new(0.114, 77) { Error = 1.5e-2 }, Dealer = new(0.32, 110), Bar = 2 },
        new("10^5 sigmoid", "x in [-12, 12), right for all x, 44-bit values", "sigmoid/100000", 100_000) { Replicated = new(0.338, 236) },
        new("10^5 tanh", "x in [-8, 8), right for all x, 44-bit values", "tanh/100000", 100_000) { Replicated = new(0.343, 239) },
        new("10^5 1/sqrt, relative error", "x in [0.01, 1000), 40-bit values", "rsqrt/100000", 100_000) { Replicated = new(0.178, 82) { Error = 4e-3 }, Dealer = new(0.44, 122), IsRelative = true },
        new("10^5 x / y", "x in [-8, 8), y in [0.5, 100), 40-bit divisors", "divide/100000", 100_000) { Replicated = new(0.155, 91), Dealer = new(0.47, 150) },
        new("softmax of 1536 rows of 128", "x in [-8, 8), differences of 44 bits (MP-SPDZ: 31)", "softmax/1536", 1536 * 128)
        {
            Replicated = new(0.436, 304) { SecondsWithoutTls = 0.272, Error = 3.2e-4 }, Bar = 2,
        },
        new("LayerNorm 128x768", "x in [-4, 4), norms of rows below 2^13", "layernorm/128", 128 * 768) { Replicated = new(0.043, 16.7) { Error = 2.2e-3 }, Bar = 2 },
        new("private choice, vocabulary 50,257", "logits in [-8, 8)", "choice/1", 50_257),
        new("BERT-base block, 128 tokens", "LayerNormed inputs, weights normal times 0.02, packed before", Workloads.Layer(128, 0.02), 128 * 768)
        {
            Replicated = new(8.34, 866) { SecondsWithoutTls = 8.02 }, IsLong = true,
        },
    ];

    /// <summary>CrypTen at commit 775868a, two parties, its first party the trusted one: bytes between the two.</summary>
    public static PeerFigures CryptenBlock { get; } = new(2.51, 765);

    private static BenchRow Product(string extents, int elements, PeerFigures replicated, PeerFigures? dealer, double bar) =>
        new($"matrix {extents}", Operands, $"matmul/{Shape(extents)}", elements) { Replicated = replicated, Dealer = dealer, Bar = bar };

    private static BenchRow Packed(string extents, int elements, PeerFigures replicated) =>
        new($"matrix {extents}, right packed before", Operands, $"packed/{Shape(extents)}", elements) { Replicated = replicated };

    /// <summary>"MxK . KxN" as MxKxN.</summary>
    private static string Shape(string extents) => $"{extents.Split(' ')[0]}x{extents.Split('x')[^1]}";
}
