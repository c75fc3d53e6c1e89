using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureTransformer.Cli;

/// <summary>What <c>generate --json</c> writes.</summary>
internal sealed class GenerateReport
{
    public required string Protocol { get; init; }

    public required int Parties { get; init; }

    public required string Transport { get; init; }

    public required string Model { get; init; }

    public required double SetupSeconds { get; init; }

    public required FunctionsData Functions { get; init; }

    public required string Sampling { get; init; }

    public List<GenerationReport> Generations { get; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProfileData? Profile { get; init; }

    public void Save(FileInfo file) => File.WriteAllText(file.FullName, JsonSerializer.Serialize(this, ReportJson.Default.GenerateReport) + "\n");
}

/// <summary>One answer's tokens and cost: of the prompt with the first token, and of each token after it on average.</summary>
internal sealed class GenerationReport
{
    public required string Name { get; init; }

    public required IReadOnlyList<int> NewIds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    public required double SecondsPrefill { get; init; }

    public required double SecondsPerToken { get; init; }

    /// <summary>Of the seconds, those that party 0 waited for the dealer.</summary>
    public required double SecondsOfflinePrefill { get; init; }

    public required double SecondsOfflinePerToken { get; init; }

    public required long BytesPrefill { get; init; }

    public required long BytesPerToken { get; init; }

    /// <summary>Of the bytes, those that do not depend on the input: between the parties and the dealer, or made by the parties for each other.</summary>
    public required long BytesOfflinePrefill { get; init; }

    public required long BytesOfflinePerToken { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RoundsPrefill { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RoundsPerToken { get; init; }
}
