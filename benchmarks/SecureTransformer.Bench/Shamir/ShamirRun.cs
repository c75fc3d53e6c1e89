using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>Measures Shamir's sharing, all parties in memory, what they make for each other included.</summary>
internal static class ShamirRun
{
    /// <summary>Parties of the table of operations.</summary>
    public const int Parties = 3;

    private const int WarmUps = 3;
    private const int TriageRepetitions = 15;
    private const string Text = "the boy has a runny nose.";

    /// <summary>A multiple of 64 words and of what most committees extract at once, so that little is rounded up.</summary>
    private const int Products = 20_160;

    private static readonly (int Parties, int Threshold)[] s_committees = [(3, 1), (4, 1), (5, 2), (7, 2), (7, 3), (10, 3), (10, 4), (16, 7)];

    public static async Task<IReadOnlyList<(ShamirRow Row, BenchResult Result)>> OperationsAsync()
    {
        BenchOptions options = new BenchOptions { Protocol = MpcProtocol.Shamir, Parties = Parties }.With(WarmUps, BenchTable.Seconds, 5, BenchTable.Seconds);
        var results = new List<(ShamirRow, BenchResult)>();
        foreach (ShamirRow row in ShamirRow.All)
        {
            Console.Error.WriteLine(row.Work);
            results.Add((row, await Measurement.RunAsync(row.Workload, options)));
        }

        return results;
    }

    public static async Task<TriageFigures> TriageAsync(string model, int parties, int threshold)
    {
        Console.Error.WriteLine("the triage model");
        int tokens = TokenizerLoader.FromDirectory(model).Encode(Text).InputIds.Length;
        var options = new InferenceOptions { Protocol = MpcProtocol.Shamir, Parties = parties, Threshold = threshold };
        InferenceEstimate estimate = await InferenceEstimate.ForClassificationAsync(ModelConfig.FromDirectory(model), tokens, options);
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            model, new LocalClusterOptions { Protocol = MpcProtocol.Shamir, Parties = parties, Threshold = threshold });
        await using InferenceClient client = cluster.Connect();
        var costs = new List<Cost>();
        for (int run = -WarmUps; run < TriageRepetitions; run++)
        {
            Cost cost = (await client.ClassifyAsync(Text)).Cost;
            if (run >= 0)
            {
                costs.Add(cost);
            }
        }

        return new TriageFigures(parties, threshold, tokens, costs, estimate);
    }

    public static async Task<IReadOnlyList<ProductBytes>> BytesAsync()
    {
        var rows = new List<ProductBytes>();
        foreach ((int parties, int threshold) in s_committees)
        {
            Console.Error.WriteLine($"bytes between {parties} parties, threshold {threshold}");
            await using LocalParties local = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = threshold }, parties: parties);
            foreach (int shift in (int[])[0, 18])
            {
                TrafficSnapshot[] sent = await local.RunAsync(async session =>
                {
                    using SecretTensor x = session.Constant(new TensorShape(Products), 0.25);
                    TrafficSnapshot before = session.Meter.Snapshot();
                    using SecretTensor product = await session.MultiplyAsync(x, x, (2 * session.FractionalBits) - shift);
                    return session.Meter.Snapshot() - before;
                });
                long offline = sent.Sum(counts => counts.BytesSent(TrafficPhase.Offline));
                rows.Add(new ProductBytes(
                    parties,
                    threshold,
                    shift,
                    Products,
                    sent.Sum(counts => counts.BytesSentTotal) - offline,
                    offline,
                    ShamirCosts.Product(parties, threshold, Products, shift)));
            }
        }

        return rows;
    }
}
