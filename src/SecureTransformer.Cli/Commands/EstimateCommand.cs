using System.CommandLine;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>estimate</c>: what a run will send and take, before it runs.</summary>
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
        Option<int?> threshold = ProtocolOptions.CreateThreshold();
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<string> nonlinear = NonlinearOption.Create();
        Option<string?> network = NetworkOption.Create("Your network; lan if not given.");
        var together = new Option<bool>("--one-machine") { Description = "All parties compute on this machine, as 'infer --model' starts them, and not each on one like it." };
        var unmeasured = new Option<bool>("--no-measure") { Description = "Do not measure this machine; take the rates of a machine of two cores (AMD EPYC, Zen 5) for each party." };
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
        var command = new Command(
            "estimate",
            """
            Tell what one inference will send and take, layer by layer: rounds and bytes, which are exact, seconds of computing, of the network and of both together, and each party's memory.

            No weight is read, and nothing runs but a measurement of this machine, of two or three seconds. See docs/estimates.md.
            """)
        {
            model, length, count, sampling, temperature, protocol, parties, threshold, bits, nonlinear, network, together, unmeasured, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(together) && result.GetValue(unmeasured))
            {
                result.AddError("--one-machine is about this machine, which --no-measure does not look at.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var config = ModelConfig.FromDirectory(parsed.GetValue(model)!.FullName);
            InferenceOptions options = ProtocolOptions.ValueOf(parsed, protocol, parties, threshold, bits, nonlinear);
            NetworkConditions conditions = NetworkOption.ValueOf(parsed, network) ?? NetworkConditions.Lan;
            EstimateReport report;
            if (config is DecoderConfig)
            {
                var generation = new GenerationOptions
                {
                    MaxNewTokens = parsed.GetValue(count), Sampling = SamplingOptions.Parse(parsed.GetValue(sampling)!), Temperature = parsed.GetValue(temperature),
                };
                GenerationEstimate estimate = await InferenceEstimate.ForGenerationAsync(config, parsed.GetValue(length), generation, options, cancellationToken);
                report = new EstimateReport(options, options.Nonlinear.For(config), conditions, await RatesAsync(), estimate.All);
                report.Add(estimate.Prefill, "prompt: ");
                if (generation.MaxNewTokens > 1)
                {
                    report.Add(estimate.LastToken, "last token: ");
                    report.AddTotal(estimate.All, $"total of {generation.MaxNewTokens} tokens");
                }
            }
            else
            {
                InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(config, parsed.GetValue(length), options, cancellationToken);
                report = new EstimateReport(options, options.Nonlinear.For(config), conditions, await RatesAsync(), estimate);
                report.Add(estimate, "");
            }

            report.Show();
            if (parsed.GetValue(json) is { } file)
            {
                await report.SaveAsync(file, cancellationToken);
            }

            return 0;

            async Task<MachineRates> RatesAsync()
            {
                if (parsed.GetValue(unmeasured))
                {
                    return MachineRates.DefaultFor(options.Protocol);
                }

                var progress = new ConsoleProgress();
                progress.Report(new InferenceProgress("measuring this machine"));
                MachineRates rates = await MachineRates.MeasureAsync(options.Protocol, options.Parties, options.Threshold, cancellationToken);
                progress.Clear();
                return parsed.GetValue(together) ? rates : rates.Apart(MpcProtocols.PartyCountOf(options.Protocol, options.Parties), Environment.ProcessorCount);
            }
        });
        return command;
    }
}
