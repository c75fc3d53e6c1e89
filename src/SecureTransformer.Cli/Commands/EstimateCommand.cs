using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>estimate</c>: what a run will send, before it runs.</summary>
internal static class EstimateCommand
{
    public static Command Create()
    {
        var model = new Option<DirectoryInfo>("--model") { Description = "Model directory; only config.json is read.", Required = true };
        var length = new Option<int>("--seq") { Description = "Tokens of the text.", DefaultValueFactory = _ => 128 };
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        var delay = new Option<double>("--delay-ms") { Description = "One-way delay of your network.", DefaultValueFactory = _ => 0.2 };
        var rate = new Option<double>("--mbit") { Description = "Bandwidth of each party's link, in Mbit/s.", DefaultValueFactory = _ => 5000 };
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
        var command = new Command("estimate", "Tell what one inference will send, layer by layer, and how long your network needs for it. Nothing is run and no weight is read.")
        {
            model, length, bits, delay, rate, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var network = new NetworkConditions { OneWayDelay = TimeSpan.FromMilliseconds(parsed.GetValue(delay)), BitsPerSecond = (long)(parsed.GetValue(rate) * 1e6) };
            InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(
                ModelConfig.FromDirectory(parsed.GetValue(model)!.FullName), parsed.GetValue(length), new InferenceOptions { FractionalBits = parsed.GetValue(bits) }, cancellationToken);
            Console.WriteLine($"{"part",-44} {"rounds",7} {"MB",10} {"network s",10}");
            foreach ((string part, OperationCost cost) in estimate.Parts)
            {
                Show(part, cost, estimate.NetworkSeconds(cost, network));
            }

            Show("total", estimate.Total, estimate.NetworkSeconds(estimate.Total, network));
            Console.WriteLine("MB over all parties and the client, exact; rounds at most; computing comes on top.");
            if (parsed.GetValue(json) is { } file)
            {
                EstimatePart[] parts = [.. estimate.Parts.Append(KeyValuePair.Create("total", estimate.Total)).Select(p => EstimatePart.Of(p.Key, p.Value, estimate.NetworkSeconds(p.Value, network)))];
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(parts, EstimateJson.Default.EstimatePartArray) + "\n", cancellationToken);
            }

            return 0;
        });
        return command;
    }

    private static void Show(string part, OperationCost cost, double seconds) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{part,-44} {cost.Rounds,7} {cost.Bytes / 1e6,10:F3} {seconds,10:F4}"));
}

/// <summary>One row of <c>estimate --json</c>.</summary>
internal sealed class EstimatePart
{
    public required string Part { get; init; }

    public required int Rounds { get; init; }

    public required long Bytes { get; init; }

    public required double NetworkSeconds { get; init; }

    public static EstimatePart Of(string part, OperationCost cost, double seconds) => new()
    {
        Part = part,
        Rounds = cost.Rounds,
        Bytes = cost.Bytes,
        NetworkSeconds = seconds,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EstimatePart[]))]
internal sealed partial class EstimateJson : JsonSerializerContext;
