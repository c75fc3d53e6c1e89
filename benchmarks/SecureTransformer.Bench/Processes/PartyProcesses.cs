using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>
/// Every party, and the dealer where there is one, a process of its own: this program again, over TLS 1.3 on the loopback interface with keys that each knows of the others,
/// as parties on several machines would be. They end when this process does.
/// </summary>
internal static class PartyProcesses
{
    public static async Task<PartyOutcome[]> RunAsync(string workload, BenchOptions options)
    {
        if (options.Dealer == DealerTime.Stored && MpcProtocols.HasDealer(options.Protocol))
        {
            throw new ArgumentException("Stored material is measured in memory only.", nameof(options));
        }

        // On Unix the folder is made with access for its owner only.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("secure-transformer-bench-");
        var children = new List<Process>();
        try
        {
            int places = options.PartyCount + (MpcProtocols.HasDealer(options.Protocol) ? 1 : 0);
            WriteTask(folder.FullName, new ProcessTask(workload, options, NewSession()), places);
            Task<string>[] errors = new Task<string>[places];
            for (int place = 0; place < places; place++)
            {
                Process child = Start(folder.FullName, place);
                children.Add(child);
                errors[place] = child.StandardError.ReadToEndAsync();
            }

            await WaitAsync(children, errors);
            var outcomes = new PartyOutcome[options.PartyCount];
            for (int party = 0; party < outcomes.Length; party++)
            {
                outcomes[party] = JsonSerializer.Deserialize(await File.ReadAllTextAsync(ProcessTask.OutcomeFile(folder.FullName, party)), BenchJson.Default.PartyOutcome)!;
            }

            outcomes[0] = outcomes[0] with { Values = MemoryMarshal.Cast<byte, double>(await File.ReadAllBytesAsync(ProcessTask.ValuesFile(folder.FullName))).ToArray() };
            return outcomes;
        }
        finally
        {
            foreach (Process child in children)
            {
                if (!child.HasExited)
                {
                    child.Kill();
                }

                child.Dispose();
            }

            folder.Delete(recursive: true);
        }
    }

    private static void WriteTask(string folder, ProcessTask task, int places)
    {
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(places);
        var parties = new NetworkParty[places];
        for (int place = 0; place < places; place++)
        {
            using var identity = PartyIdentity.Create(string.Create(CultureInfo.InvariantCulture, $"party {place}"));
            identity.Save(ProcessTask.KeyFile(folder, place));
            parties[place] = new NetworkParty { Id = place, Host = "127.0.0.1", Port = ports[place], Fingerprint = identity.Fingerprint };
        }

        int count = task.Options.PartyCount;
        new NetworkDescription { Parties = parties[..count], Dealer = places > count ? parties[count] : null }.Save(ProcessTask.NetworkFile(folder));
        File.WriteAllText(ProcessTask.TaskFile(folder), JsonSerializer.Serialize(task, BenchJson.Default.ProcessTask));
    }

    private static string NewSession()
    {
        byte[] id = new byte[SessionId.Size];
        SessionId.New().CopyTo(id);
        return Convert.ToHexString(id);
    }

    private static Process Start(string folder, int place)
    {
        var start = new ProcessStartInfo
        {
            FileName = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known."),
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            // Started as 'dotnet program.dll'.
            start.ArgumentList.Add(typeof(PartyProcesses).Assembly.Location);
        }

        foreach (string argument in (string[])[ProcessTask.Verb, folder, place.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new IOException($"Party {place} could not be started.");
    }

    /// <summary>Waits for all; the first that fails ends the wait, since the others would wait for it.</summary>
    private static async Task WaitAsync(List<Process> children, Task<string>[] errors)
    {
        var running = children.Select((child, place) => (Place: place, Exit: child.WaitForExitAsync())).ToList();
        while (running.Count > 0)
        {
            await Task.WhenAny(running.Select(r => r.Exit));
            foreach ((int place, _) in running.Where(r => r.Exit.IsCompleted))
            {
                if (children[place].ExitCode != 0)
                {
                    throw new IOException($"Party {place} ended with exit code {children[place].ExitCode}: {await errors[place]}");
                }
            }

            running.RemoveAll(r => r.Exit.IsCompleted);
        }
    }
}
