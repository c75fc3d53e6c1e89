using System.CommandLine;
using SecureTransformer.Cli;
using SecureTransformer.Cli.Commands;
using SecureTransformer.Hosting;

// A cluster of processes starts this program again for each party.
if (await PartyProgram.TryRunAsync(args) is { } exitCode)
{
    return exitCode;
}

var root = new RootCommand(
    """
    Private transformer inference: the text is split into secret shares, several parties compute the model on shares, and only you see the answer.

    Try it on one machine:   secure-transformer infer --model DIR --text "..." --transport tcp
                             secure-transformer generate --model DIR --prompt "..." --transport tcp
    On several machines:     keys (once a host), network (one file for all), check, party (one command a host), dealer (with --protocol additive, on a host of its own), load (the model's owner), infer or generate --client client.json
    """);
root.Subcommands.Add(InferCommand.Create());
root.Subcommands.Add(GenerateCommand.Create());
root.Subcommands.Add(EstimateCommand.Create());
root.Subcommands.Add(CalibrateCommand.Create());
root.Subcommands.Add(ProfileCommand.Create());
root.Subcommands.Add(DistillCommand.Create());
root.Subcommands.Add(KeysCommand.Create());
root.Subcommands.Add(NetworkCommand.Create());
root.Subcommands.Add(CheckCommand.Create());
root.Subcommands.Add(PartyCommand.Create());
root.Subcommands.Add(DealerCommand.Create());
root.Subcommands.Add(LoadCommand.Create());
root.Subcommands.Add(PreprocessCommand.Create());
return await CommandRunner.RunAsync(root, args);
