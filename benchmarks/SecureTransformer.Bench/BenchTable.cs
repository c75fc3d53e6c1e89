using System.Globalization;
using System.Text;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The tables of docs/benchmarks.md: each row measured now, beside what others measured on the same kind of machine.</summary>
internal static class BenchTable
{
    /// <summary>
    /// Seconds (second repetition, TLS on) and megabytes of MP-SPDZ at commit 3a0a7b1, 16 fractional bits: three parties with a replicated ring, and two with a dealer, whose bytes
    /// are all its parties', the dealer's among them; null where not measured.
    /// </summary>
    private static readonly (string Name, Func<Workload> Create, Peer? Replicated, Peer? Dealer)[] s_rows =
    [
        ("matrix 128x768 . 768x768", () => Primitives.MatMul(128, 768, 768), new(0.34, 5.5), new(0.37, 16)),
        ("matrix 128x768 . 768x3072", () => Primitives.MatMul(128, 768, 3072), new(2.02, 22), null),
        ("matrix 256^3", () => Primitives.MatMul(256, 256, 256), new(0.058, 3.7), null),
        ("matrix 1024^3", () => Primitives.MatMul(1024, 1024, 1024), new(7.41, 58.7), null),
        ("10^6 products with truncation", () => Primitives.Create("multiply", 1_000_000), new(0.082, 56), new(0.24, 86)),
        ("10^6 x < 0, 32 bits (MP-SPDZ: 31)", () => Primitives.Create("sign-bits", 1_000_000), new(0.136, 67), new(0.34, 79)),
        ("10^6 ReLU", () => Primitives.Create("relu", 1_000_000), new(0.172, 91), new(0.44, 119)),
        ("10^5 exp", () => Primitives.Create("exp", 100_000), new(0.161, 130), new(0.66, 192)),
        ("10^5 GELU", () => Primitives.Create("gelu", 100_000), new(0.114, 77), new(0.32, 110)),
        ("10^5 sigmoid", () => Primitives.Create("sigmoid", 100_000), new(0.338, 236), null),
        ("10^5 tanh", () => Primitives.Create("tanh", 100_000), new(0.343, 239), null),
        ("10^5 1/sqrt", () => Primitives.Create("rsqrt", 100_000), new(0.178, 82), new(0.44, 122)),
        ("10^5 x / y", () => Primitives.Create("divide", 100_000), new(0.155, 91), new(0.47, 150)),
        ("softmax of 1536 rows of 128", () => Primitives.Create("softmax", 1536), new(0.436, 304), null),
        ("LayerNorm 128x768", () => Primitives.Create("layernorm", 128), new(0.043, 16.7), null),
        ("private choice, vocabulary 50,257", () => Primitives.Create("choice", 1), null, null),
        ("BERT-base block, 128 tokens", () => BertBase.Layer(128, 0.02), new(8.34, 866), null),
    ];

    /// <summary>CrypTen at commit 775868a, two parties, its first party the trusted one: bytes between the two.</summary>
    private static readonly Peer s_cryptenBlock = new(2.51, 765);

    public static async Task<string> CreateAsync(BenchOptions options)
    {
        bool hasDealer = MpcProtocols.HasDealer(options.Protocol);
        var text = new StringBuilder();
        text.Append(hasDealer
            ? "| Work | online: seconds | MB, all parties | rounds | offline: seconds | MB | largest error | peer: seconds | MB |\n|---|---|---|---|---|---|---|---|---|\n"
            : "| Work | seconds | MB, all parties | rounds | largest error | MP-SPDZ: seconds | MB |\n|---|---|---|---|---|---|---|\n");
        foreach ((string name, Func<Workload> create, Peer? replicated, Peer? dealer) in s_rows)
        {
            Console.Error.WriteLine(name);
            BenchResult result = await Measurement.RunAsync(create(), options);
            bool block = name.StartsWith("BERT", StringComparison.Ordinal);
            Peer? peer = !hasDealer ? replicated : options.PartyCount == 2 ? block ? s_cryptenBlock : dealer : null;
            string offline = hasDealer ? string.Create(CultureInfo.InvariantCulture, $" {result.OfflineSeconds:F3} | {result.OfflineBytes / 1e6:F1} |") : "";
            string whose = hasDealer && peer is not null ? block ? "CrypTen " : "MP-SPDZ " : "";
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {result.OnlineSeconds:F3} | {result.OnlineBytes / 1e6:F1} | {result.Rounds} |{offline} {result.MaxAbsError:E1} | {whose}{peer?.Seconds} | {peer?.Megabytes} |\n");
        }

        return text.ToString();
    }

    private sealed record Peer(double Seconds, double Megabytes);
}
