using System.CommandLine;
using System.Globalization;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>preprocess</c>: a dealer ahead of time.</summary>
internal static class PreprocessCommand
{
    public static Command Create()
    {
        var model = new Option<DirectoryInfo>("--model") { Description = "Model directory; only config.json is read, so that the dealer needs no weights.", Required = true };
        var length = new Option<int>("--seq") { Description = "Tokens of a text, shorter ones are padded by the client (--pad-to); of a prompt, exactly.", DefaultValueFactory = _ => 128 };
        var count = new Option<int>("--count") { Description = "Requests that the material is enough for. Each takes its own.", DefaultValueFactory = _ => 1 };
        var output = new Option<DirectoryInfo>("--out") { Description = "A new folder. In it each party's part is a folder: move party-0 to party 0, and so on.", Required = true };
        var parties = new Option<int?>("--parties") { Description = "The number of parties, 2 to 8; by default 2." };
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<string> nonlinear = NonlinearOption.Create();
        var newTokens = new Option<int>("--new-tokens") { Description = "Tokens of the answer, exactly, for a model that generates text.", DefaultValueFactory = _ => 1 };
        Option<string> sampling = SamplingOptions.CreateSampling();
        sampling.Description = "For a model that generates text: who chooses its tokens.";
        var temperature = new Option<double>("--temperature") { Description = "With --sampling private: 0 for the most likely token." };
        var command = new Command(
            "preprocess",
            "Make correlated randomness for additive sharing ahead of time, as a dealer who is not there later. Run it where no party computes: who sees two parties' parts, or one and its network, can see what they compute. Move each part to its party over a way that nobody else reads, remove it here, and start the party with --material.")
        {
            model, length, count, output, parties, bits, nonlinear, newTokens, sampling, temperature,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var config = ModelConfig.FromDirectory(parsed.GetValue(model)!.FullName);
            var options = new InferenceOptions { Protocol = MpcProtocol.Additive, Parties = parsed.GetValue(parties), FractionalBits = parsed.GetValue(bits), Nonlinear = NonlinearOption.ValueOf(parsed, nonlinear) };
            options.Validate();
            string directory = parsed.GetValue(output)!.FullName;
            int requests = parsed.GetValue(count);
            int tokens = parsed.GetValue(length);
            var progress = new ConsoleProgress();
            OperationCost each;
            if (config is DecoderConfig)
            {
                var generation = new GenerationOptions
                {
                    MaxNewTokens = parsed.GetValue(newTokens), Sampling = SamplingOptions.Parse(parsed.GetValue(sampling)!), Temperature = parsed.GetValue(temperature),
                };
                each = (await InferenceEstimate.ForGenerationAsync(config, tokens, generation, options, cancellationToken)).Total;
                Announce();
                await Preprocessing.WriteForGenerationAsync(config, tokens, generation, requests, directory, options, progress, cancellationToken);
            }
            else
            {
                each = (await InferenceEstimate.ForClassificationAsync(config, tokens, options, cancellationToken)).Total;
                Announce();
                await Preprocessing.WriteForClassificationAsync(config, tokens, requests, directory, options, progress, cancellationToken);
            }

            progress.Clear();
            int last = MpcProtocols.PartyCountOf(options.Protocol, options.Parties) - 1;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Material for {requests} requests of {tokens} tokens is in {directory}: party-0 to party-{last}. Move each to its party, remove it here, and start the party with --material."));
            return 0;

            void Announce() => Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"about {each.OfflineBytes / 1e6:F1} MB a request at party 0, {requests * each.OfflineBytes / 1e6:F1} MB in all; next to nothing at the others"));
        });
        return command;
    }
}
