using System.Diagnostics;
using SecureTransformer.Architectures;
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

/// <summary>Runs a workload: once to warm up, then the counted repetitions, of which the median is reported.</summary>
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
            SetupSeconds = outcome.SetupSeconds,
            BytesSentTotal = outcome.Bytes,
            Rounds = outcome.Rounds,
            PeakMemoryMb = process.PeakWorkingSet64 / 1e6,
            MaxAbsError = error,
        };
    }

    private static async Task<Outcome> RunPartiesAsync(Workload workload, BenchOptions options)
    {
        long started = Stopwatch.GetTimestamp();
        int count = MpcProtocols.PartyCountOf(options.Protocol);
        await using LoopbackParties? tcp = options.Tcp && count > 1 ? new LoopbackParties(count) : null;
        var session = new SessionOptions { FractionalBits = options.FractionalBits, MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / count) };
        await using LocalParties parties = tcp is null ? LocalParties.Create(options.Protocol, session) : LocalParties.Create(options.Protocol, tcp.Endpoints, session);
        var barrier = new Rendezvous(count);
        PartyOutcome[] outcomes = await parties.RunAsync(async s =>
        {
            var inputs = new SecretTensor[workload.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = await s.InputAsync(0, workload.Inputs[i].Shape, workload.Inputs[i].Values);
            }

            object? prepared = await workload.Prepare(s, inputs);
            double setup = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var seconds = new List<double>();
            double[] values = [];
            long bytes = 0;
            (int Before, int After) clock = default;
            for (int r = options.WarmUp ? -1 : 0; r < options.Repetitions; r++)
            {
                // All parties begin at the same logical time, so that a chain counts from its first message whoever sends it.
                s.Meter.RecordReceived(await barrier.WaitAsync(s.Meter.Clock));
                TrafficSnapshot before = s.Meter.Snapshot();
                long start = Stopwatch.GetTimestamp();
                using SecretTensor result = await workload.Run(s, inputs, prepared);
                await barrier.WaitAsync(0);
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                TrafficSnapshot after = s.Meter.Snapshot();
                bytes = after.BytesSentTotal - before.BytesSentTotal;
                clock = (before.Clock, after.Clock);
                if (r >= 0)
                {
                    seconds.Add(elapsed);
                }

                if (r == options.Repetitions - 1)
                {
                    values = await s.RevealAsync(result);
                }
            }

            (prepared as IDisposable)?.Dispose();
            seconds.Sort();
            return new PartyOutcome(seconds[seconds.Count / 2], setup, bytes, clock.Before, clock.After, values);
        });
        int rounds = outcomes.Max(o => o.ClockAfter) - outcomes.Max(o => o.ClockBefore);
        return new Outcome(outcomes.Max(o => o.Seconds), outcomes.Max(o => o.SetupSeconds), outcomes.Sum(o => o.Bytes), rounds, outcomes[0].Values);
    }

    private sealed record PartyOutcome(double Seconds, double SetupSeconds, long Bytes, int ClockBefore, int ClockAfter, double[] Values);

    private sealed record Outcome(double Seconds, double SetupSeconds, long Bytes, int Rounds, double[] Values);

    /// <summary>Lets all parties go on together, so that none starts the clock early.</summary>
    private sealed class Rendezvous(int count)
    {
        private TaskCompletionSource<int> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;
        private int _latest;

        /// <summary>Waits for all; the largest of their clocks.</summary>
        public Task<int> WaitAsync(int clock)
        {
            lock (this)
            {
                TaskCompletionSource<int> current = _all;
                _latest = Math.Max(_latest, clock);
                if (++_arrived == count)
                {
                    _all = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                    current.SetResult(_latest);
                    (_arrived, _latest) = (0, 0);
                }

                return current.Task;
            }
        }
    }
}
