using System.CommandLine;
using Microsoft.Extensions.Logging;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>dealer</c>: run the dealer of additive sharing.</summary>
internal static class DealerCommand
{
    public static Command Create()
    {
        var defaults = new DealerHostOptions();
        var network = new Option<FileInfo>("--network") { Description = "The network file, the same on all hosts; its dealer has this host's address.", Required = true };
        var key = new Option<FileInfo>("--key") { Description = "The dealer's key file.", Required = true };
        var threads = new Option<int>("--threads") { Description = "Threads of one session.", DefaultValueFactory = _ => defaults.MaxDegreeOfParallelism };
        var sessions = new Option<int>("--max-sessions") { Description = "Sessions dealt to at once: requests and open conversations; further ones wait.", DefaultValueFactory = _ => defaults.MaxSessions };
        Option<double> timeout = TimeoutOption.Create();
        var command = new Command(
            "dealer",
            """
            Run the dealer of parties that compute with --protocol additive, until stopped.

            It gives each session the random numbers that products and comparisons use up. It sees which operations run and how large they are, and no text, weight or answer: those
            never leave the parties. Still it must be trusted for two things. It must collude with no party: with what any one of them sees it could take off all masks. So run
            it on a host of somebody else than the parties' owners. And it must deal rightly: if not, answers are wrong, and nobody notices.

            While it does not run, the parties refuse requests; a request that it leaves ends with an error that names it.
            """)
        {
            network, key, threads, sessions, timeout,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new DealerHostOptions
            {
                MaxSessions = parsed.GetValue(sessions),
                MaxDegreeOfParallelism = parsed.GetValue(threads),
                Logger = new ConsoleLogger(LogLevel.Information),
            };
            return DealerProgram.RunAsync(parsed.GetValue(network)!.FullName, parsed.GetValue(key)!.FullName, options, TimeoutOption.Transport(parsed.GetValue(timeout)), cancellationToken);
        });
        return command;
    }
}
