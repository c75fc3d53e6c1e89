using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Hosting;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli;

/// <summary>The figures of <c>estimate</c>, as a table and as JSON.</summary>
internal sealed class EstimateReport(InferenceOptions options, ModelFunctions functions, NetworkConditions network, MachineRates rates, InferenceEstimate memory)
{
    private readonly bool _hasDealer = MpcProtocols.HasDealer(options.Protocol);
    private readonly List<EstimatePart> _parts = [];

    /// <summary>The parts of an estimate, and their total.</summary>
    public void Add(InferenceEstimate estimate, string prefix)
    {
        IReadOnlyList<PartEstimate> parts = estimate.Predict(network, rates);
        _parts.AddRange(parts.Select(part => EstimatePart.Of(prefix + part.Part, [part])));
        _parts.Add(EstimatePart.Of(prefix + "total", parts));
    }

    /// <summary>The total of an estimate.</summary>
    public void AddTotal(InferenceEstimate estimate, string name) => _parts.Add(EstimatePart.Of(name, estimate.Predict(network, rates)));

    public void Show()
    {
        bool hasOffline = MpcProtocols.HasOfflinePhase(options.Protocol);
        Console.WriteLine($"{"part",-52} {"rounds",7} {"MB",10} {(hasOffline ? $"{"MB offl.",10} " : "")}{"compute s",10} {"network s",10} {"seconds",10}");
        foreach (EstimatePart part in _parts)
        {
            string offline = hasOffline ? string.Create(CultureInfo.InvariantCulture, $"{part.OfflineBytes / 1e6,10:F3} ") : "";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{part.Part,-52} {part.Rounds,7} {part.Bytes / 1e6,10:F3} {offline}{part.ComputeSeconds,10:F4} {part.NetworkSeconds,10:F4} {part.Seconds,10:F4}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memory of a party: {memory.PartyMemory / 1e6:F0} MB, of which {memory.ModelMemory / 1e6:F0} MB for the model's matrices; the runtime and frames under way come on top."));
        Console.WriteLine($"functions: {functions}");
        Console.WriteLine("MB over all parties and the client, and rounds, are exact. Computing and sending overlap: the seconds are at most the sum of both.");
        if (hasOffline)
        {
            Console.WriteLine(_hasDealer
                ? "MB offl.: with the dealer, which may send them ahead of time; not in the seconds. Opening masked weights comes once, when the model is loaded or first used."
                : "MB offl.: randomness that the parties make for each other, which does not depend on the input. The seconds are those of parties that make it as they go; its rounds are not counted.");
        }
    }

    public Task SaveAsync(FileInfo file, CancellationToken cancellationToken)
    {
        var document = new EstimateDocument
        {
            Protocol = ProtocolNames.NameOf(options.Protocol),
            Parties = MpcProtocols.PartyCountOf(options.Protocol, options.Parties),
            Threshold = MpcProtocols.ThresholdOf(options.Protocol, MpcProtocols.PartyCountOf(options.Protocol, options.Parties), options.Threshold),
            RoundTripMs = 2 * network.OneWayDelay.TotalMilliseconds,
            Mbps = network.BitsPerSecond / 1e6,
            PartyMemoryBytes = memory.PartyMemory,
            ModelMemoryBytes = memory.ModelMemory,
            SecondsByUnit = Enum.GetValues<WorkKind>().ToDictionary(kind => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), kind => rates.SecondsOf(kind, 1)),
            Functions = FunctionsData.Of(functions),
            Parts = _parts,
        };
        return File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(document, EstimateJson.Default.EstimateDocument) + "\n", cancellationToken);
    }
}

/// <summary><c>estimate --json</c>.</summary>
internal sealed class EstimateDocument
{
    public required string Protocol { get; init; }

    public required int Parties { get; init; }

    /// <summary>How many of them may collude.</summary>
    public required int Threshold { get; init; }

    public required double RoundTripMs { get; init; }

    public required double Mbps { get; init; }

    public required long PartyMemoryBytes { get; init; }

    public required long ModelMemoryBytes { get; init; }

    /// <summary>The machine: seconds for a unit of each kind of work.</summary>
    public required Dictionary<string, double> SecondsByUnit { get; init; }

    public required FunctionsData Functions { get; init; }

    public required List<EstimatePart> Parts { get; init; }
}

/// <summary>One row.</summary>
internal sealed class EstimatePart
{
    public required string Part { get; init; }

    public required int Rounds { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Between the parties and the dealer, or of randomness that the parties make for each other.</summary>
    public required long OfflineBytes { get; init; }

    public required double ComputeSeconds { get; init; }

    public required double NetworkSeconds { get; init; }

    public required double Seconds { get; init; }

    public static EstimatePart Of(string name, IReadOnlyList<PartEstimate> parts) => new()
    {
        Part = name,
        Rounds = parts.Sum(part => part.Cost.Rounds),
        Bytes = parts.Sum(part => part.Cost.Bytes),
        OfflineBytes = parts.Sum(part => part.Cost.OfflineBytes),
        ComputeSeconds = parts.Sum(part => part.ComputeSeconds),
        NetworkSeconds = parts.Sum(part => part.NetworkSeconds),
        Seconds = parts.Sum(part => part.Seconds),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EstimateDocument))]
internal sealed partial class EstimateJson : JsonSerializerContext;
