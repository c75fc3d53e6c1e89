using System.CommandLine;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>profile</c>: show profiles that parties wrote.</summary>
internal static class ProfileCommand
{
    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("files") { Description = "Files that 'party --profile' wrote of the same requests, of one party or of several, or traces of '--trace'.", Arity = ArgumentArity.OneOrMore };
        var full = new Option<bool>("--full") { Description = "Show each layer and each part of an operation by itself." };
        var trace = new Option<FileInfo?>("--trace") { Description = "Write all of them to one file that ui.perfetto.dev and chrome://tracing open." };
        var command = new Command(
            "profile",
            """
            Show where the time of requests went, from the files that parties wrote: seconds, MB and rounds by operation and by layer.

            seconds    wall time, on average over the parties: computing, sending and waiting. What is no interactive operation is 'local' to its layer; all sums to the whole.
            waiting    the seconds of them in which a party waited for a message
            MB         sent by all parties whose files are given
            rounds     the growth of the longest chain of messages that depend on one another
            """)
        {
            files, full, trace,
        };
        command.SetAction(parsed =>
        {
            var profile = new SessionProfile();
            foreach (FileInfo file in parsed.GetValue(files)!)
            {
                profile.Add(SessionProfile.LoadTrace(file.FullName));
            }

            profile.Report().WriteTable(Console.Out, parsed.GetValue(full));
            if (parsed.GetValue(trace) is { } target)
            {
                profile.SaveTrace(target.FullName);
            }

            return 0;
        });
        return command;
    }
}
