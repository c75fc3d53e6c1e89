using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>What a finished run of the tool left.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The run failed as it should: exit code 1, and one line that names the thing.</summary>
    public void AssertFailed(params string[] things)
    {
        Assert.True(ExitCode == 1, $"exit code {ExitCode}; {this}");
        string line = Assert.Single(Errors.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));
        Assert.All(things, thing => Assert.Contains(thing, line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Errors, StringComparison.Ordinal);
    }

    public ToolResult AssertSucceeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}; {this}");
        return this;
    }
}

/// <summary>The built tool, as a process.</summary>
internal sealed partial class Tool : IDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    public const int SigStop = 19;
    public const int SigCont = 18;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private Tool(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Append(_output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(_errors, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        void Append(StringBuilder text, string? line)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    public int Id => _process.Id;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public static Tool Start(params string[] arguments) => Start(null, arguments);

    /// <summary>Starts the tool with a folder for temporary files of its own.</summary>
    public static Tool Start(string? temporary, string[] arguments)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "secure-transformer.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The tool optimizes at once, for the sake of its later requests; here most processes answer one. tests/consumer runs the tool as it is.
        start.Environment["DOTNET_TC_QuickJit"] = "1";
        if (temporary is not null)
        {
            start.Environment["TMPDIR"] = start.Environment["TMP"] = start.Environment["TEMP"] = temporary;
        }

        return new Tool(Process.Start(start)!);
    }

    /// <summary>Runs the tool to its end, which must come within the seconds.</summary>
    public static async Task<ToolResult> RunAsync(int seconds, params string[] arguments)
    {
        using Tool tool = Start(arguments);
        return await tool.ExitAsync(seconds);
    }

    public async Task<ToolResult> ExitAsync(int seconds)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The tool still ran after {seconds} s. It wrote: {Output} {Errors}");
        }

        return new ToolResult(_process.ExitCode, Output, Errors);
    }

    /// <summary>Waits until the tool has written something.</summary>
    public async Task WaitForAsync(Func<Tool, bool> condition, int seconds = 20)
    {
        for (int i = 0; i < seconds * 50 && !condition(this); i++)
        {
            await Task.Delay(20);
        }

        Assert.True(condition(this), $"Not within {seconds} s. It wrote: {Output} {Errors}");
    }

    public void Signal(int signal) => Assert.Equal(0, SendSignal(_process.Id, signal));

    /// <summary>Ends the tool alone, at once, without telling it.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
