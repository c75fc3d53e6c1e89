namespace SecureTransformer.Bench;

/// <summary>A row of the tables.</summary>
/// <param name="Work">What is computed.</param>
/// <param name="Domain">On what values, and how many bits of them matter; all have 18 fractional bits.</param>
/// <param name="Workload">Its name.</param>
/// <param name="Elements">What its bytes are divided by.</param>
internal sealed record BenchRow(string Work, string Domain, string Workload, int Elements)
{
    /// <summary>MP-SPDZ with three parties and a replicated ring.</summary>
    public PeerFigures? Replicated { get; init; }

    /// <summary>MP-SPDZ with two parties and a dealer, whose bytes are all its parties', the dealer's among them.</summary>
    public PeerFigures? Dealer { get; init; }

    /// <summary>How many times faster than MP-SPDZ, both with TLS, it is meant to be; null where nothing is meant.</summary>
    public double? Bar { get; init; }

    /// <summary>The same in memory against MP-SPDZ without TLS.</summary>
    public double? MemoryBar { get; init; }

    /// <summary>Whether errors are relative to the exact value.</summary>
    public bool IsRelative { get; init; }

    /// <summary>Whether one run takes long, so that few repetitions have to do.</summary>
    public bool IsLong { get; init; }

    public double ErrorOf(BenchResult result) => IsRelative ? result.MaxRelativeError : result.MaxAbsError;
}
