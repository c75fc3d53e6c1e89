using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Generation;
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
        var length = new Option<int>("--seq") { Description = "Tokens of the text or prompt.", DefaultValueFactory = _ => 128 };
        var count = new Option<int>("--new-tokens") { Description = "Tokens of the answer, for a model that generates text.", DefaultValueFactory = _ => 1 };
        Option<string> sampling = SamplingOptions.CreateSampling();
        sampling.Description = "For a model that generates text: who chooses its tokens.";
        var temperature = new Option<double>("--temperature") { Description = "With --sampling private: drawing tokens, above 0, takes a shuffled input of noise." };
        Option<string> protocol = ProtocolOptions.CreateProtocol();
        Option<int?> parties = ProtocolOptions.CreateParties();
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<string?> network = NetworkOption.Create("Your network; lan if not given.");
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
        var command = new Command("estimate", "Tell what one inference will send, layer by layer, and how long your network needs for it. Nothing is run and no weight is read.")
        {
            model, length, count, sampling, temperature, protocol, parties, bits, network, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            NetworkConditions conditions = NetworkOption.ValueOf(parsed, network) ?? NetworkConditions.Lan;
            var config = ModelConfig.FromDirectory(parsed.GetValue(model)!.FullName);
            InferenceOptions options = ProtocolOptions.ValueOf(parsed, protocol, parties, bits);
            var rows = new List<EstimatePart>();
            if (config is DecoderConfig)
            {
                var generation = new GenerationOptions
                {
                    MaxNewTokens = parsed.GetValue(count), Sampling = SamplingOptions.Parse(parsed.GetValue(sampling)!), Temperature = parsed.GetValue(temperature),
                };
                GenerationEstimate estimate = await InferenceEstimate.ForGenerationAsync(config, parsed.GetValue(length), generation, options, cancellationToken);
                Add(estimate.Prefill, "prompt: ");
                if (generation.MaxNewTokens > 1)
                {
                    Add(estimate.LastToken, "last token: ");
                }

                rows.Add(EstimatePart.Of($"total of {generation.MaxNewTokens} tokens", estimate.Total, estimate.NetworkSeconds(conditions)));
            }
            else
            {
                Add(await InferenceEstimate.ForClassificationAsync(config, parsed.GetValue(length), options, cancellationToken), "");
            }

            bool offline = MpcProtocols.HasDealer(options.Protocol);
            Console.WriteLine($"{"part",-52} {"rounds",7} {"MB",10} {(offline ? $"{"MB offl.",10} " : "")}{"network s",10}");
            foreach (EstimatePart row in rows)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Part,-52} {row.Rounds,7} {row.Bytes / 1e6,10:F3} {(offline ? string.Create(CultureInfo.InvariantCulture, $"{row.OfflineBytes / 1e6,10:F3} ") : "")}{row.NetworkSeconds,10:F4}"));
            }

            Console.WriteLine("MB over all parties and the client, exact; rounds at most; computing comes on top.");
            if (offline)
            {
                Console.WriteLine("MB offl.: with the dealer, which may send them ahead of time; not in the network's seconds. Opening masked weights comes once, when the model is loaded or first used.");
            }

            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize([.. rows], EstimateJson.Default.EstimatePartArray) + "\n", cancellationToken);
            }

            return 0;

            void Add(InferenceEstimate estimate, string prefix)
            {
                rows.AddRange(estimate.Parts.Append(KeyValuePair.Create("total", estimate.Total)).Select(p => EstimatePart.Of(prefix + p.Key, p.Value, estimate.NetworkSeconds(p.Value, conditions))));
            }
        });
        return command;
    }
}

/// <summary>One row of <c>estimate --json</c>.</summary>
internal sealed class EstimatePart
{
    public required string Part { get; init; }

    public required int Rounds { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Between the parties and the dealer.</summary>
    public required long OfflineBytes { get; init; }

    public required double NetworkSeconds { get; init; }

    public static EstimatePart Of(string part, OperationCost cost, double seconds) => new()
    {
        Part = part,
        Rounds = cost.Rounds,
        Bytes = cost.Bytes,
        OfflineBytes = cost.OfflineBytes,
        NetworkSeconds = seconds,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EstimatePart[]))]
internal sealed partial class EstimateJson : JsonSerializerContext;
