using System.Diagnostics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Runs a workload between all parties, in this process or each in one of its own, and compares it with float64.</summary>
internal static class Measurement
{
    /// <param name="name">The workload, as <see cref="Workloads"/> names it.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="profile">Takes the recordings of as many runs more, of parties in this process; null for none.</param>
    public static async Task<BenchResult> RunAsync(string name, BenchOptions options, SessionProfile? profile = null)
    {
        Workload workload = Workloads.Create(name);
        double[] expected = workload.IsCompared ? await ExactAsync(workload) : [];
        (PartyOutcome[] outcomes, StoredCost? stored) = options.Transport == BenchTransport.Processes
            ? (await PartyProcesses.RunAsync(name, options), null)
            : await RunInProcessAsync(workload, options, profile);
        bool apart = options.Transport == BenchTransport.Processes;
        PartyOutcome first = outcomes[0];
        int[] runs = [.. Enumerable.Range(0, first.Runs.Count)];
        double seconds = Median(runs.Select(r => outcomes.Max(o => o.Runs[r].Seconds)));
        double waited = Median(first.Runs.Select(r => r.WaitedSeconds));
        (double error, double relative) = ErrorOf(expected, first.Values);
        return new BenchResult
        {
            Seconds = seconds,
            CpuSeconds = Median(runs.Select(r => apart ? outcomes.Sum(o => o.Runs[r].CpuSeconds) : first.Runs[r].CpuSeconds)),
            OnlineSeconds = seconds - waited,
            OfflineSeconds = (stored?.Seconds ?? Median(first.Runs.Select(r => r.DealtSeconds))) + waited,
            SetupSeconds = outcomes.Max(o => o.SetupSeconds),
            OpeningSeconds = first.OpeningSeconds,
            OnlineBytes = outcomes.Sum(o => o.Runs[^1].OnlineBytes),
            OfflineBytes = stored?.Bytes ?? outcomes.Sum(o => o.Runs[^1].OfflineBytes),
            SetupBytes = outcomes.Sum(o => o.SetupBytes),
            Repetitions = runs.Length,
            Rounds = outcomes.Max(o => o.ClockAfter) - outcomes.Max(o => o.ClockBefore),
            AllocatedBytes = (long)Median(runs.Select(r => (double)(apart ? outcomes.Sum(o => o.Runs[r].AllocatedBytes) : first.Runs[r].AllocatedBytes))),
            PeakMemoryMbByProcess = [.. (apart ? outcomes : [first]).Select(o => o.PeakMemoryBytes / 1e6)],
            MaxAbsError = error,
            MaxRelativeError = relative,
            MaxAbsErrorByPart = PartErrors(workload, expected, first.Values),
        };
    }

    private static async Task<(PartyOutcome[] Outcomes, StoredCost? Stored)> RunInProcessAsync(Workload workload, BenchOptions options, SessionProfile? profile = null)
    {
        long started = Stopwatch.GetTimestamp();
        using StoredRuns? stored = MpcProtocols.HasDealer(options.Protocol) && options.Dealer == DealerTime.Stored
            ? await StoredRuns.WriteAsync(workload, options, options.Repetitions + options.WarmUps)
            : null;
        await using BenchParties parties = stored is null ? BenchParties.Create(options, options.Session) : BenchParties.FromStored(stored, options.Session);
        started = stored is null ? started : Stopwatch.GetTimestamp();
        var rendezvous = new Rendezvous(options.PartyCount);
        PartyOutcome[] outcomes = await parties.Local.RunAsync(
            s => WorkloadRun.RunAsync(s, workload, options, rendezvous, s.PartyId == 0 ? parties.First : null, started, profile));
        return (outcomes, stored is null ? null : new StoredCost(stored.Seconds, stored.Bytes));
    }

    private static async Task<double[]> ExactAsync(Workload workload)
    {
        (PartyOutcome[] exact, _) = await RunInProcessAsync(workload, new BenchOptions { Protocol = MpcProtocol.PlaintextFloat64, Repetitions = 1, WarmUps = 0 });
        return exact[0].Values;
    }

    private static (double Absolute, double Relative) ErrorOf(ReadOnlySpan<double> expected, ReadOnlySpan<double> values)
    {
        (double absolute, double relative) = (0, 0);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - values[i]);
            absolute = Math.Max(absolute, error);
            relative = expected[i] == 0 ? relative : Math.Max(relative, error / Math.Abs(expected[i]));
        }

        return (absolute, relative);
    }

    private static Dictionary<string, double> PartErrors(Workload workload, double[] expected, double[] values)
    {
        var errors = new Dictionary<string, double>();
        int start = 0;
        foreach ((string name, int count) in workload.IsCompared ? workload.Parts : [])
        {
            errors[name] = ErrorOf(expected.AsSpan(start, count), values.AsSpan(start, count)).Absolute;
            start += count;
        }

        return errors;
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed record StoredCost(double Seconds, long Bytes);
}
