namespace SecureTransformer.Bench;

/// <summary>What is measured, and how thoroughly.</summary>
/// <param name="Parts">The parts, of <see cref="AllParts"/>.</param>
/// <param name="Layers">Blocks of the models.</param>
/// <param name="Repetitions">Of short operations.</param>
/// <param name="LongestText">The most tokens at once of those that show how cost grows.</param>
/// <param name="Wan">Whether a wide-area network is emulated, which takes minutes.</param>
internal sealed record PerformancePlan(IReadOnlyList<string> Parts, int Layers, int Repetitions, int LongestText, bool Wan)
{
    public const string Rates = "rates";
    public const string Budget = "budget";
    public const string Memory = "memory";
    public const string Processes = "processes";
    public const string Allocations = "allocations";
    public const string Growth = "growth";
    public const string Tokens = "tokens";
    public const string Networks = "networks";

    public static IReadOnlyList<string> AllParts { get; } = [Rates, Budget, Memory, Processes, Allocations, Growth, Tokens, Networks];

    public static PerformancePlan Full(IReadOnlyList<string> parts) => new(parts, 12, 15, 1024, Wan: true);

    public static PerformancePlan Quick(IReadOnlyList<string> parts) => new(parts, 2, 5, 256, Wan: false);

    public bool Has(string part) => Parts.Contains(part);
}
