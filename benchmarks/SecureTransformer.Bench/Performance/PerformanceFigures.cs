namespace SecureTransformer.Bench;

/// <summary>Everything that <c>performance</c> measured; what was left out is null.</summary>
internal sealed class PerformanceFigures
{
    public required MachineInfo Machine { get; init; }

    public MeasuredRates? Rates { get; set; }

    public BenchResult? Bert { get; set; }

    public IReadOnlyList<BudgetRow>? Budget { get; set; }

    public BenchResult? Block { get; set; }

    public IReadOnlyList<RowResult>? Memory { get; set; }

    public IReadOnlyList<RowResult>? Processes { get; set; }

    public IReadOnlyList<TokenRow>? Tokens { get; set; }

    public double? GrowthSetupSeconds { get; set; }

    public IReadOnlyList<GrowthRow>? Growth { get; set; }

    public IReadOnlyList<NetworkRow>? Networks { get; set; }

    public double Seconds { get; set; }
}
