using System.CommandLine;
using System.Globalization;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>check</c>: try the network before a run.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var network = new Option<FileInfo>("--network") { Description = "The network file.", Required = true };
        var key = new Option<FileInfo>("--key") { Description = "The key file of this party, dealer or client.", Required = true };
        var model = new Option<DirectoryInfo?>("--model") { Description = "Also check the files of a model directory." };
        var command = new Command("check", "Test ports, certificates, clocks, versions and the model before a run. On a party's or the dealer's host: its key, before it runs. Elsewhere: a client's key, while the parties run.") { network, key, model };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<CheckResult> results = await NetworkCheck.RunAsync(
                parsed.GetValue(network)!.FullName, parsed.GetValue(key)!.FullName, parsed.GetValue(model)?.FullName, cancellationToken);
            foreach (CheckResult result in results)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(result.Passed ? "ok    " : "FAILED")} {result.Name}: {result.Message}"));
            }

            return results.All(r => r.Passed) ? 0 : 1;
        });
        return command;
    }
}
