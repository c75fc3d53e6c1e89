using System.Diagnostics;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>One party's part of a measurement: what is done once a session, which is set-up, then runs to warm up, the counted runs, and what they are compared by.</summary>
internal static class WorkloadRun
{
    /// <param name="s">The party's session.</param>
    /// <param name="workload">The program.</param>
    /// <param name="options">How often it runs.</param>
    /// <param name="rendezvous">Where the parties meet before each run.</param>
    /// <param name="seat">The place beside the dealer, which is party 0's: it alone asks for material.</param>
    /// <param name="started">When the set-up began.</param>
    /// <param name="profile">Takes the recordings of as many runs more; null for none.</param>
    public static async Task<PartyOutcome> RunAsync(MpcSession s, Workload workload, BenchOptions options, IRendezvous rendezvous, WatchedEndpoint? seat, long started, SessionProfile? profile = null)
    {
        var inputs = new SecretTensor[workload.Inputs.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = await s.InputAsync(0, workload.Inputs[i].Shape, s.PartyId == 0 ? workload.Inputs[i].Values() : default);
        }

        object? prepared = await workload.Prepare(s, inputs);
        long openingStarted = Stopwatch.GetTimestamp();
        await s.PrepareMatricesAsync();
        double opening = Stopwatch.GetElapsedTime(openingStarted).TotalSeconds;
        double setup = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var runs = new List<PartyRun>();
        double[] values = [];
        long peak = 0;
        (int Before, int After) clock = default;
        bool ahead = seat is not null && options.Dealer == DealerTime.Ahead;
        int warmUps = 0;
        int repetitions = options.Repetitions;
        for (int r = -options.WarmUps; r < repetitions; r++)
        {
            double dealt = 0;
            long got = seat?.Dealer.ReceivedBytes ?? 0;
            long asked = s.Meter.BytesSent(TrafficPhase.Offline);
            if (ahead && r == -1)
            {
                seat!.Dealer.Note();
            }
            else if (ahead && r >= 0)
            {
                long begin = Stopwatch.GetTimestamp();
                await seat!.Dealer.FetchAsync();
                dealt = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }

            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            await rendezvous.BeginAsync(s);
            double waited = Waited();
            TrafficSnapshot before = s.Meter.Snapshot();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            using Secret result = await workload.Run(s, inputs, prepared);
            double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await rendezvous.EndAsync();
            cpu = Environment.CpuUsage.TotalTime - cpu;
            TrafficSnapshot after = s.Meter.Snapshot();
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            clock = (before.Clock, after.Clock);
            seat?.Dealer.EndRun();
            if (r < 0 && ++warmUps == 2 && r < -1)
            {
                // As often as party 0 can in the time.
                r = Math.Min(r, -1 - await AgreeAsync(s, options.WarmUpSeconds / elapsed));
            }
            else if (r == -1 && warmUps > 2)
            {
                repetitions = Math.Max(repetitions, await AgreeAsync(s, options.RepeatSeconds / elapsed));
            }

            if (r >= 0)
            {
                TrafficSnapshot sent = after - before;
                runs.Add(new PartyRun(
                    elapsed,
                    cpu.TotalSeconds,
                    Waited() - waited,
                    dealt,
                    sent.BytesSentTotal - sent.BytesSent(TrafficPhase.Offline),
                    after.BytesSent(TrafficPhase.Offline) - asked + (seat is null ? 0 : seat.Dealer.ReceivedBytes - got),
                    allocated));
            }

            if (r == repetitions - 1)
            {
                using var process = Process.GetCurrentProcess();
                peak = process.PeakWorkingSet64;
                values = !workload.IsCompared ? []
                    : workload.Check is { } check ? await check(s, inputs, prepared)
                    : result is SecretBits bits ? Array.ConvertAll(await s.RevealAsync(bits), bit => bit ? 1.0 : 0)
                    : await s.RevealAsync((SecretTensor)result);
            }
        }

        for (int r = 0; profile is not null && r < options.Repetitions; r++)
        {
            await rendezvous.BeginAsync(s);
            using ProfileRecording recording = s.BeginProfile(profile);
            using Secret result = await workload.Run(s, inputs, prepared);
        }

        (prepared as IDisposable)?.Dispose();
        return new PartyOutcome(runs, setup, opening, s.Meter.BytesSent(TrafficPhase.Setup), clock.Before, clock.After, peak) { Values = values };

        // Only in a run is anything offline done: what agrees on their number is not counted.
        double Waited() => seat?.Dealer.WaitedSeconds ?? (MpcProtocols.HasDealer(options.Protocol) ? 0 : s.Meter.OfflineTime.TotalSeconds);
    }

    /// <summary>A number of runs, at most 1000, on which all parties agree: party 0's.</summary>
    private static async Task<int> AgreeAsync(MpcSession s, double wanted)
    {
        if (wanted <= 0)
        {
            return 0;
        }

        using SecretTensor runs = await s.InputAsync(0, new TensorShape(1), s.PartyId == 0 ? new[] { Math.Clamp(Math.Ceiling(wanted), 0, 1000) } : default, 0);
        return (int)Math.Round((await s.RevealAsync(runs))[0]);
    }
}
