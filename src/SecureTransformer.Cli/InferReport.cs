using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli;

/// <summary>What <c>infer --json</c> writes.</summary>
internal sealed class InferReport
{
    public required string Protocol { get; init; }

    public required int Parties { get; init; }

    public required string Transport { get; init; }

    public required string Model { get; init; }

    public required double SetupSeconds { get; init; }

    public required FunctionsData Functions { get; init; }

    public List<InferCase> Cases { get; } = [];

    /// <summary>Of a decoder; not written for a classifier.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<GenerationReport>? Generations { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProfileData? Profile { get; set; }

    public void Save(FileInfo file) => File.WriteAllText(file.FullName, JsonSerializer.Serialize(this, ReportJson.Default.InferReport) + "\n");
}

/// <summary>One input's answer and cost.</summary>
internal sealed class InferCase
{
    public required string Name { get; init; }

    public required IReadOnlyList<double> Logits { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Of the seconds, those that party 0 waited for the dealer.</summary>
    public required double SecondsOffline { get; init; }

    public required long BytesSentTotal { get; init; }

    /// <summary>Of the bytes, those that do not depend on the input: between the parties and the dealer, or made by the parties for each other.</summary>
    public required long BytesOffline { get; init; }

    public required IReadOnlyList<long> BytesSentByParty { get; init; }

    public required int Rounds { get; init; }

    /// <summary>The parties that the answer was put together without, and what they did; not written where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary>How many more requests stored material is enough for; not written where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaterialLeft { get; init; }

    public static InferCase Of(string name, Classification answer) => Of(name, answer.Logits, answer.Cost, [.. answer.Faults.Select(fault => fault.What)]);

    public static InferCase Of(string name, IReadOnlyList<double> logits, Cost cost, IReadOnlyList<string>? faults = null) => new()
    {
        Name = name,
        Logits = logits,
        Seconds = cost.Seconds,
        SecondsOffline = cost.SecondsOffline,
        BytesSentTotal = cost.BytesTotal,
        BytesOffline = cost.BytesOffline,
        BytesSentByParty = cost.BytesByParty,
        Rounds = cost.RoundsTotal,
        Faults = faults is { Count: > 0 } ? faults : null,
        MaterialLeft = cost.MaterialLeft,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(InferReport))]
[JsonSerializable(typeof(GenerateReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
