using System.Diagnostics;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>A program on secrets whose inputs all parties know for the sake of the measurement.</summary>
/// <param name="Inputs">Values and shapes of the inputs.</param>
/// <param name="Prepare">Runs once, before anything is measured: packs weights, for example.</param>
/// <param name="Run">What is measured.</param>
internal sealed record Workload(
    IReadOnlyList<(TensorShape Shape, double[] Values)> Inputs,
    Func<MpcSession, SecretTensor[], Task<object?>> Prepare,
    Func<MpcSession, SecretTensor[], object?, Task<SecretTensor>> Run)
{
    public static Workload Of(Func<MpcSession, SecretTensor[], Task<SecretTensor>> run, params (TensorShape, double[])[] inputs) =>
        new(inputs, static (_, _) => Task.FromResult<object?>(null), (session, x, _) => run(session, x));
}

/// <summary>
/// Runs a workload: what is done once a session, which is set-up, then once to warm up, and then the counted repetitions, of which the median is reported.
/// </summary>
internal static class Measurement
{
    public static async Task<BenchResult> RunAsync(Workload workload, BenchOptions options)
    {
        double[] expected = (await RunPartiesAsync(workload, new BenchOptions { Protocol = MpcProtocol.PlaintextFloat64, Repetitions = 1, WarmUp = false })).Values;
        Outcome outcome = await RunPartiesAsync(workload, options);
        double error = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error = Math.Max(error, Math.Abs(expected[i] - outcome.Values[i]));
        }

        using var process = Process.GetCurrentProcess();
        return new BenchResult
        {
            Seconds = outcome.Seconds,
            CpuSeconds = outcome.CpuSeconds,
            OnlineSeconds = outcome.Seconds - outcome.WaitedSeconds,
            OfflineSeconds = outcome.DealtSeconds + outcome.WaitedSeconds,
            SetupSeconds = outcome.SetupSeconds,
            OpeningSeconds = outcome.OpeningSeconds,
            OnlineBytes = outcome.OnlineBytes,
            OfflineBytes = outcome.OfflineBytes,
            SetupBytes = outcome.SetupBytes,
            Rounds = outcome.Rounds,
            PeakMemoryMb = process.PeakWorkingSet64 / 1e6,
            MaxAbsError = error,
        };
    }

    private static async Task<Outcome> RunPartiesAsync(Workload workload, BenchOptions options)
    {
        long started = Stopwatch.GetTimestamp();
        int count = options.PartyCount;
        bool hasDealer = MpcProtocols.HasDealer(options.Protocol);
        var session = new SessionOptions { FractionalBits = options.FractionalBits, MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / count) };
        using StoredRuns? stored = hasDealer && options.Dealer == DealerTime.Stored
            ? await StoredRuns.WriteAsync(workload, options, options.Repetitions + (options.WarmUp ? 1 : 0))
            : null;
        await using BenchParties parties = stored is null ? BenchParties.Create(options, session) : BenchParties.FromStored(stored, session);
        started = stored is null ? started : Stopwatch.GetTimestamp();
        var barrier = new Rendezvous(count);
        PartyOutcome[] outcomes = await parties.Local.RunAsync(async s =>
        {
            // The seat beside the dealer is party 0's: it alone asks for material.
            WatchedEndpoint? seat = s.PartyId == 0 ? parties.First : null;
            var inputs = new SecretTensor[workload.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = await s.InputAsync(0, workload.Inputs[i].Shape, workload.Inputs[i].Values);
            }

            object? prepared = await workload.Prepare(s, inputs);
            long openingStarted = Stopwatch.GetTimestamp();
            await s.PrepareMatricesAsync();
            double opening = Stopwatch.GetElapsedTime(openingStarted).TotalSeconds;
            double setup = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var runs = new List<PartyRun>();
            double[] values = [];
            (int Before, int After) clock = default;
            bool ahead = hasDealer && options.Dealer == DealerTime.Ahead;
            for (int r = options.WarmUp ? -1 : 0; r < options.Repetitions; r++)
            {
                double dealt = 0;
                long got = seat?.Dealer.ReceivedBytes ?? 0;
                long asked = s.Meter.BytesSent(TrafficPhase.Offline);
                if (ahead && r == -1)
                {
                    seat?.Dealer.Note();
                }
                else if (ahead && r >= 0 && seat is not null)
                {
                    long begin = Stopwatch.GetTimestamp();
                    await seat.Dealer.FetchAsync();
                    dealt = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                }

                // All parties begin at the same logical time, so that a chain counts from its first message whoever sends it.
                s.Meter.RecordReceived(await barrier.WaitAsync(s.Meter.Clock));
                double waited = seat?.Dealer.WaitedSeconds ?? 0;
                TrafficSnapshot before = s.Meter.Snapshot();
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                using SecretTensor result = await workload.Run(s, inputs, prepared);
                await barrier.WaitAsync(0);
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                cpu = Environment.CpuUsage.TotalTime - cpu;
                TrafficSnapshot after = s.Meter.Snapshot();
                clock = (before.Clock, after.Clock);
                seat?.Dealer.EndRun();
                if (r >= 0)
                {
                    TrafficSnapshot sent = after - before;
                    runs.Add(new PartyRun(
                        elapsed,
                        cpu.TotalSeconds,
                        seat is null ? 0 : seat.Dealer.WaitedSeconds - waited,
                        dealt,
                        sent.BytesSentTotal - sent.BytesSent(TrafficPhase.Offline),
                        after.BytesSent(TrafficPhase.Offline) - asked + (seat is null ? 0 : seat.Dealer.ReceivedBytes - got)));
                }

                if (r == options.Repetitions - 1)
                {
                    values = await s.RevealAsync(result);
                }
            }

            (prepared as IDisposable)?.Dispose();
            return new PartyOutcome(runs, setup, opening, s.Meter.BytesSent(TrafficPhase.Setup), clock.Before, clock.After, values);
        });
        PartyOutcome first = outcomes[0];
        return new Outcome(
            outcomes.Max(o => Median(o.Runs, r => r.Seconds)),
            Median(first.Runs, r => r.CpuSeconds),
            Median(first.Runs, r => r.WaitedSeconds),
            stored?.Seconds ?? Median(first.Runs, r => r.DealtSeconds),
            outcomes.Max(o => o.SetupSeconds),
            first.OpeningSeconds,
            outcomes.Sum(o => o.Runs[^1].OnlineBytes),
            stored?.Bytes ?? outcomes.Sum(o => o.Runs[^1].OfflineBytes),
            outcomes.Sum(o => o.SetupBytes),
            outcomes.Max(o => o.ClockAfter) - outcomes.Max(o => o.ClockBefore),
            first.Values);
    }

    private static double Median(List<PartyRun> runs, Func<PartyRun, double> of)
    {
        double[] sorted = [.. runs.Select(of).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <param name="Seconds">The run, to its end at all parties.</param>
    /// <param name="CpuSeconds">What the process computed meanwhile, all parties.</param>
    /// <param name="WaitedSeconds">What the party waited for the dealer in it.</param>
    /// <param name="DealtSeconds">What the dealer took before it.</param>
    /// <param name="OnlineBytes">Bytes sent to other parties.</param>
    /// <param name="OfflineBytes">Bytes sent to the dealer and received from it.</param>
    private sealed record PartyRun(double Seconds, double CpuSeconds, double WaitedSeconds, double DealtSeconds, long OnlineBytes, long OfflineBytes);

    private sealed record PartyOutcome(
        List<PartyRun> Runs, double SetupSeconds, double OpeningSeconds, long SetupBytes, int ClockBefore, int ClockAfter, double[] Values);

    private sealed record Outcome(
        double Seconds,
        double CpuSeconds,
        double WaitedSeconds,
        double DealtSeconds,
        double SetupSeconds,
        double OpeningSeconds,
        long OnlineBytes,
        long OfflineBytes,
        long SetupBytes,
        int Rounds,
        double[] Values);
}
