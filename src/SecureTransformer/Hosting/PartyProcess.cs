using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SecureTransformer.Hosting;

/// <summary>A party or the dealer that runs as a child of this process. It ends when its standard input closes, so it never outlives its parent.</summary>
internal sealed partial class PartyProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private const string ChildVariable = "SECURE_TRANSFORMER_PARTY";

    private readonly Process _process;
    private readonly Task<int> _exited;

    private PartyProcess(string name, Process process, ILogger logger)
    {
        Name = name;
        _process = process;
        process.OutputDataReceived += (_, line) => Show(line.Data, LogLevel.Information);
        process.ErrorDataReceived += (_, line) => Show(line.Data, LogLevel.Warning);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _exited = WaitAsync();

        void Show(string? line, LogLevel level)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                LastMessage = line;
                LogMessage(logger, level, Name, line);
            }
        }
    }

    public string Name { get; }

    /// <summary>The last line that the child wrote.</summary>
    public string LastMessage { get; private set; } = "no message";

    public int Id => _process.Id;

    /// <summary>Whether this process was started as a party. Such a process starts no parties of its own, however its program goes on.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(ChildVariable) is not null;

    /// <summary>Starts this program again as a party or dealer, with arguments that <see cref="PartyProgram.TryRunAsync"/> takes.</summary>
    public static PartyProcess Start(string name, string[] arguments, ILogger logger)
    {
        var start = new ProcessStartInfo
        {
            FileName = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known."),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            // Started as 'dotnet program.dll': the first argument of the command line is the program.
            start.ArgumentList.Add(Path.GetFullPath(Environment.GetCommandLineArgs()[0]));
        }

        start.Environment[ChildVariable] = "1";
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start) ?? throw new IOException($"{name} could not be started.");
        return new PartyProcess(name, process, logger);
    }

    public Task<int> ExitedAsync() => _exited;

    public async Task StopAsync()
    {
        if (_process.HasExited)
        {
            return;
        }

        _process.StandardInput.Close();
        try
        {
            await _exited.WaitAsync(s_patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode;
    }

    [LoggerMessage(Message = "{Party}: {Line}")]
    private static partial void LogMessage(ILogger logger, LogLevel level, string party, string line);
}
