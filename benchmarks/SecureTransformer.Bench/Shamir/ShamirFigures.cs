using SecureTransformer.Hosting;

namespace SecureTransformer.Bench;

/// <summary>What was measured of Shamir's sharing.</summary>
internal sealed class ShamirFigures
{
    public IReadOnlyList<(ShamirRow Row, BenchResult Result)>? Operations { get; set; }

    public TriageFigures? Triage { get; set; }

    public IReadOnlyList<ProductBytes>? Bytes { get; set; }
}

/// <summary>A text classified by the triage model.</summary>
/// <param name="Parties">The number of parties.</param>
/// <param name="Threshold">How many may collude.</param>
/// <param name="Tokens">The tokens of the text.</param>
/// <param name="Costs">What each repetition cost.</param>
/// <param name="Estimate">What was expected of it.</param>
internal sealed record TriageFigures(int Parties, int Threshold, int Tokens, IReadOnlyList<Cost> Costs, InferenceEstimate Estimate);

/// <summary>What products between n parties send, over all of them.</summary>
/// <param name="Parties">n.</param>
/// <param name="Threshold">t.</param>
/// <param name="Shift">The fractional bits that are truncated.</param>
/// <param name="Count">The products.</param>
/// <param name="OnlineBytes">Measured.</param>
/// <param name="OfflineBytes">Measured.</param>
/// <param name="Declared">What <see cref="Protocols.ShamirCosts"/> says.</param>
internal sealed record ProductBytes(int Parties, int Threshold, int Shift, int Count, long OnlineBytes, long OfflineBytes, Protocols.OperationCost Declared)
{
    public bool IsAsDeclared => OnlineBytes == Declared.Bytes && OfflineBytes == Declared.OfflineBytes;
}
