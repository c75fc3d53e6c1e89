namespace SecureTransformer.Bench;

/// <summary>An operation between three parties of Shamir's sharing, and what others take for it on the same kind of machine.</summary>
/// <param name="Work">What is computed.</param>
/// <param name="Workload">Its name.</param>
/// <param name="Elements">What its bytes are divided by.</param>
internal sealed record ShamirRow(string Work, string Workload, int Elements)
{
    /// <summary>How many times faster than MP-SPDZ it is meant to be.</summary>
    public const double SpdzBar = 5;

    /// <summary>Every row. MP-SPDZ: the quicker of two repetitions in one process.</summary>
    public static IReadOnlyList<ShamirRow> All { get; } =
    [
        new("10^5 products", "multiply/100000", 100_000) { SpdzSeconds = 5.3, MpycSeconds = 49, MpycBar = 50 },
        new("10^5 x < 0", "sign/100000", 100_000) { SpdzSeconds = 5.8 },
        new("10^4 x < 0", "sign/10000", 10_000) { MpycSeconds = 12, MpycBar = 50 },
        new("10^5 ReLU", "relu/100000", 100_000) { SpdzSeconds = 5.7 },
        new("10^4 exp", "exp/10000", 10_000) { SpdzSeconds = 11.9 },
        new("500 exp", "exp/500", 500) { MpycSeconds = 1.35, MpycBar = 20 },
        new("matrix 128x256 . 256x256", "matmul/128x256x256", 128 * 256) { SpdzSeconds = 2.1 },
        new("matrix 256^3", "matmul/256x256x256", 256 * 256) { MpycSeconds = 19, MpycBar = 20 },
    ];

    /// <summary>Wall seconds of MP-SPDZ's Shamir sharing between three parties, with TLS, untuned, preprocessing included; null where it was not measured.</summary>
    public double? SpdzSeconds { get; init; }

    /// <summary>Processor seconds of one of three parties of MPyC; null where it was not measured.</summary>
    public double? MpycSeconds { get; init; }

    /// <summary>How many times less processor time than MPyC a party is meant to take.</summary>
    public double? MpycBar { get; init; }
}
