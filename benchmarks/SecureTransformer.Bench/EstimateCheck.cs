using System.CommandLine;
using System.Globalization;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary><c>estimate-check</c>: predicted against measured seconds, bytes and rounds of parties in memory on emulated networks.</summary>
internal static class EstimateCheck
{
    private const double Tolerance = 0.25;

    private static readonly string[] s_workloads = [Workloads.Layer(128, 0.02), Workloads.Layer(32, 0.02), Workloads.FirstToken(1, 32, 0), Workloads.NextToken(1, 32, 0)];

    /// <param name="optionsOf">Whose parties, and how precise.</param>
    public static Command Create(Func<ParseResult, BenchOptions> optionsOf)
    {
        var networks = new Option<string[]>("--on") { Description = "The networks: lan, wan, or RTTms,Mbps.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["lan", "wan"] };
        var repetitions = new Option<int>("--runs") { Description = "Counted runs of each workload; the quickest is compared.", DefaultValueFactory = _ => 3 };
        var command = new Command("estimate-check", "Predict a block of BERT-base, and a first and a later token of GPT-2 with one block, on emulated networks, and measure them, between parties of the protocol given. Exit code 1 if bytes or rounds differ, or the seconds by more than a quarter.")
        {
            networks, repetitions,
        };
        command.SetAction(async parsed =>
        {
            bool agree = true;
            Console.WriteLine("| Work | network | rounds | MB | predicted s | of that compute | measured s | ratio |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            foreach (string network in parsed.GetValue(networks)!)
            {
                foreach (string name in s_workloads)
                {
                    agree &= await CheckAsync(name, network, parsed.GetValue(repetitions), optionsOf(parsed));
                }
            }

            return agree ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> CheckAsync(string name, string network, int runs, BenchOptions options)
    {
        var conditions = NetworkConditions.Parse(network);
        (EstimatedRun run, int first) = await PlanAsync(Workloads.Create(name), options);

        // Before and after, since a machine that others use too is not the same for long.
        MachineRates before = await MachineRates.MeasureAsync(options.Protocol, options.Parties, options.Threshold);
        var results = new List<BenchResult>();
        for (int i = 0; i < runs; i++)
        {
            results.Add(await Measurement.RunAsync(
                name,
                new BenchOptions { Protocol = options.Protocol, Parties = options.Parties, Threshold = options.Threshold, FractionalBits = options.FractionalBits, Network = conditions, Repetitions = 1 }));
        }

        MachineRates after = await MachineRates.MeasureAsync(options.Protocol, options.Parties, options.Threshold);
        IReadOnlyList<PartEstimate>[] predictions = [.. new[] { before, after }.Select(rates => run.Parts(first, run.OperationCount, conditions, rates))];
        OperationCost cost = predictions[0].Aggregate(default(OperationCost), (sum, part) => sum + part.Cost);
        double predicted = predictions.Min(parts => parts.Sum(part => part.Seconds));
        double compute = predictions.Min(parts => parts.Sum(part => part.ComputeSeconds));
        bool hasDealer = MpcProtocols.HasDealer(options.Protocol);
        BenchResult measured = results.MinBy(result => result.Seconds)!;
        double ratio = predicted / measured.Seconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {network} | {cost.Rounds} | {(cost.Bytes + OfflineOf(cost)) / 1e6:F1} | {predicted:F3} | {compute:F3} | {measured.Seconds:F3} | {ratio:F2} |"));

        // The parties do not start a run here with equal clocks, so that the chain may be a message or two longer or shorter; tests compare rounds exactly.
        bool exact = Math.Abs(cost.Rounds - measured.Rounds) <= 2 && cost.Bytes == measured.OnlineBytes && OfflineOf(cost) == (hasDealer ? 0 : measured.OfflineBytes);
        if (!exact)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured instead: {measured.Rounds} rounds, {measured.OnlineBytes} bytes and {measured.OfflineBytes} offline, not {cost.Bytes} and {cost.OfflineBytes}"));
        }

        return exact && ratio is >= 1 - Tolerance and <= 1 + Tolerance;

        // A dealer's requests are not counted to the byte, nor its time.
        long OfflineOf(OperationCost counted) => hasDealer ? 0 : counted.OfflineBytes;
    }

    /// <summary>The workload on a dry run, and its first operation after the preparation.</summary>
    private static async Task<(EstimatedRun Run, int First)> PlanAsync(Workload workload, BenchOptions options)
    {
        await using var session = EstimatingSession.Create(options.Protocol, options.Session, options.Parties);
        SecretTensor[] inputs = [.. workload.Inputs.Select(input => session.Placeholder(input.Shape))];
        object? prepared = await workload.Prepare(session, inputs);
        int first = session.OperationCount;
        using Secret result = await workload.Run(session, inputs, prepared);
        (prepared as IDisposable)?.Dispose();
        return (session.ToRun(), first);
    }
}
