using System.CommandLine;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli;

/// <summary>The options <c>--profile</c> and <c>--trace</c> of a run with parties on this machine.</summary>
internal sealed class ProfileOptions
{
    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "Show where the time goes: seconds, MB and rounds of each operation and layer, with alike layers summed. full: each layer and part of an operation by itself. The run is made twice, and the first, which warms up, is left out.",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "full",
    };
    private readonly Option<FileInfo?> _trace = new("--trace") { Description = "Write every operation of every party, with its time, to a file that ui.perfetto.dev and chrome://tracing open." };

    public ProfileOptions()
    {
        _profile.AcceptOnlyFromAmong("full");
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_profile);
        command.Options.Add(_trace);
    }

    /// <summary>Whether either option was given.</summary>
    public bool IsGiven(System.CommandLine.Parsing.CommandResult result) => result.GetResult(_profile) is not null || result.GetValue(_trace) is not null;

    /// <summary>What the options ask for; null where neither was given.</summary>
    public RunProfile? ValueOf(ParseResult parsed) => parsed.GetResult(_profile) is null && parsed.GetValue(_trace) is null
        ? null
        : new RunProfile(parsed.GetResult(_profile) is not null, parsed.GetValue(_profile) == "full", parsed.GetValue(_trace));
}

/// <summary>The profiles that the parties of a run write, in a folder of their own, which goes with this.</summary>
internal sealed class RunProfile(bool showsTable, bool isDetailed, FileInfo? trace) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("secure-transformer-profile-");
    private readonly List<bool> _isReported = [];

    public string Directory => _folder.FullName;

    /// <summary>A request is about to be made. One that only warms up is left out of the profile.</summary>
    public void Expect(bool isReported = true) => _isReported.Add(isReported);

    /// <summary>Reads what the parties wrote of the requests so far, shows the table and writes the trace, as they are wanted.</summary>
    /// <exception cref="IOException">A party wrote nothing.</exception>
    public async Task<ProfileReport> FinishAsync(int parties, CancellationToken cancellationToken)
    {
        var profile = new SessionProfile();
        for (int party = 0; party < parties; party++)
        {
            string[] files = await FilesOfAsync(party, cancellationToken);
            for (int i = 0; i < files.Length; i++)
            {
                if (_isReported[i])
                {
                    profile.Add(SessionProfile.LoadTrace(files[i]));
                }
            }
        }

        ProfileReport report = profile.Report();
        if (showsTable)
        {
            Console.WriteLine();
            report.WriteTable(Console.Out, isDetailed);
        }

        if (trace is not null)
        {
            profile.SaveTrace(trace.FullName);
        }

        return report;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>In the order of the requests. A party writes once a request is over, which may be after the answer.</summary>
    private async Task<string[]> FilesOfAsync(int party, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(Directory, $"party-{party}");
        for (TimeSpan waited = TimeSpan.Zero; waited < s_patience; waited += TimeSpan.FromMilliseconds(20))
        {
            string[] files = System.IO.Directory.GetFiles(folder, "*.json");
            if (files.Length == _isReported.Count)
            {
                return [.. files.Order(StringComparer.Ordinal)];
            }

            await Task.Delay(20, cancellationToken);
        }

        throw new IOException($"Party {party} wrote no profile of its last request within {s_patience.TotalSeconds:0} s.");
    }
}
