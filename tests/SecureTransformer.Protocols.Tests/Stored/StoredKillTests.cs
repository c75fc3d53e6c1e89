using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A process that is killed at any moment leaves a store that opens again, and over all its lives no run is used twice.</summary>
public class StoredKillTests
{
    private const int Runs = 200;

    [Fact]
    public async Task Over_all_lives_of_a_process_that_is_killed_no_run_is_used_twice()
    {
        const int most = 30;
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: Runs);
        var drawn = new List<string>();
        var counters = new List<int>();
        int lives = 0;
        var clock = Stopwatch.StartNew();
        while (lives < most && (lives < 4 || clock.Elapsed < TimeSpan.FromSeconds(12)))
        {
            // Mostly while it uses runs, sometimes while it opens the stores and destroys what is left of used ones.
            List<string> lines = await LiveAsync(folder.Root, lives % 4 == 3 ? "opening" : "drew");
            lives++;
            drawn.AddRange(lines.Where(line => line.StartsWith("drew ", StringComparison.Ordinal)));
            counters.AddRange(lines.Where(line => line.StartsWith("run ", StringComparison.Ordinal)).Select(line => int.Parse(line[4..], CultureInfo.InvariantCulture)));
            using Stores stores = folder.Open();
            Assert.All(stores.Remaining, left => Assert.InRange(left, 0, Runs - drawn.Count));
            if (stores[0].Remaining == 0)
            {
                break;
            }
        }

        Assert.True(drawn.Count >= Math.Min(Runs / 2, lives / 2), $"{drawn.Count} runs were used in {lives} lives.");
        Assert.Equal(drawn.Distinct(), drawn);
        Assert.Equal(counters.Order(), counters);
    }

    /// <summary>One life: what the process said before it was killed, a little after it had said something.</summary>
    private static async Task<List<string>> LiveAsync(string folder, string last)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "SecureTransformer.MaterialUser.dll"));
        start.ArgumentList.Add(folder);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        Task? killed = null;
        try
        {
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
            {
                lines.Add(line);
                if (killed is null && line.StartsWith(last, StringComparison.Ordinal))
                {
                    killed = KillLaterAsync(process);
                }
            }
        }
        finally
        {
            await (killed ?? KillLaterAsync(process));
        }

        // On Unix what was killed ends with 128 and the signal.
        await process.WaitForExitAsync();
        Assert.True(killed is not null || lines[^1] == "spent", $"The process failed: {await errors}");
        Assert.True(process.ExitCode is 0 or 137 || OperatingSystem.IsWindows(), $"The process ended with {process.ExitCode}: {await errors}");
        return lines;
    }

    private static async Task KillLaterAsync(Process process)
    {
        await Task.Delay(RandomNumberGenerator.GetInt32(60));
        process.Kill();
    }
}
