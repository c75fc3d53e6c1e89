using System.CommandLine;
using Microsoft.Extensions.Logging;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>party</c>: run one party.</summary>
internal static class PartyCommand
{
    public static Command Create()
    {
        var network = new Option<FileInfo>("--network") { Description = "The network file, the same on all hosts.", Required = true };
        var key = new Option<FileInfo>("--key") { Description = "This party's key file.", Required = true };
        var requests = new Option<int>("--max-requests") { Description = "Requests computed at once; further ones are refused.", DefaultValueFactory = _ => 4 };
        var threads = new Option<int>("--threads") { Description = "Threads of one request.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var stream = new Option<DirectoryInfo?>("--stream-weights") { Description = "Keep the shares of a decoder in a file in this folder, and read them as they are needed, one request at a time." };
        var material = new Option<DirectoryInfo?>("--material") { Description = "This party's folder of material that a dealer made ahead of time ('preprocess'): no dealer is needed while it lasts." };
        var runs = new Option<int?>("--max-runs-per-client") { Description = "With --material: the requests that one client may use it up for while this party runs; by default all." };
        var profile = new Option<DirectoryInfo?>("--profile")
        {
            Description = "Write a profile of each request to a file in this folder: seconds, bytes and rounds of every layer and operation, for ui.perfetto.dev and for 'profile'. Names and public sizes only.",
        };
        var privately = new Option<bool>("--require-private-sampling") { Description = "Serve text generation only where the parties choose the tokens, so that no client sees logits." };
        Option<double> timeout = TimeoutOption.Create();
        var command = new Command("party", "Run one party: it takes shares of a model from the model's owner and serves the clients of the network file, until stopped.") { network, key, requests, threads, stream, material, runs, privately, profile, timeout };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new PartyHostOptions
            {
                MaxConcurrentRequests = parsed.GetValue(requests),
                ShareDirectory = parsed.GetValue(stream)?.FullName,
                MaterialDirectory = parsed.GetValue(material)?.FullName,
                MaxRunsPerClient = parsed.GetValue(runs),
                MaxDegreeOfParallelism = parsed.GetValue(threads),
                ProfileDirectory = parsed.GetValue(profile)?.FullName,
                RequirePrivateSampling = parsed.GetValue(privately),
                Logger = new ConsoleLogger(LogLevel.Information),
            };
            return PartyProgram.RunAsync(parsed.GetValue(network)!.FullName, parsed.GetValue(key)!.FullName, options, TimeoutOption.Transport(parsed.GetValue(timeout)), cancellationToken);
        });
        return command;
    }
}
