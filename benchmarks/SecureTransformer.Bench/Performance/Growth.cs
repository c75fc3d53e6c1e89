using System.Diagnostics;
using System.Globalization;
using SecureTransformer.Hosting;
using SecureTransformer.Models;

namespace SecureTransformer.Bench;

/// <summary>How the cost of BERT-base grows with the length of the text and the number of texts at once: one cluster of processes over TLS that loads the model once.</summary>
internal static class Growth
{
    /// <summary>From small to large: a process keeps some of the memory that it has used.</summary>
    private static readonly (int Tokens, int Texts)[] s_sizes = [(32, 1), (64, 1), (128, 1), (128, 2), (256, 1), (128, 4), (512, 1), (128, 8)];

    public static async Task<(double SetupSeconds, IReadOnlyList<GrowthRow> Rows)> MeasureAsync(int layers, int most)
    {
        BertConfig config = BertBase.Config(layers);
        ulong seed = 400;
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            config,
            spec => RandomWeights.Reader(spec, seed++, 0.02),
            new LocalClusterOptions { Transport = ClusterTransport.Tcp, MaxConcurrentRequests = 8, TransportOptions = new() { ReceiveTimeout = TimeSpan.FromMinutes(10) } });
        await using InferenceClient client = cluster.Connect();
        var rows = new List<GrowthRow>();
        await AskAsync(client, config, 16, 1);
        foreach ((int tokens, int texts) in s_sizes.Where(size => size.Tokens * size.Texts <= most))
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{texts} x {tokens} tokens"));
            PeakMemory.ResetOfChildren();
            GrowthRow[] runs = [.. await RepeatAsync(tokens * texts <= 128 ? 3 : 1, () => AskAsync(client, config, tokens, texts))];
            rows.Add(runs.OrderBy(run => run.Seconds).ElementAt(runs.Length / 2) with { PeakMemoryByParty = runs[^1].PeakMemoryByParty });
        }

        return (cluster.SetupSeconds, rows);
    }

    private static async Task<List<GrowthRow>> RepeatAsync(int times, Func<Task<GrowthRow>> run)
    {
        var rows = new List<GrowthRow>();
        for (int i = 0; i < times; i++)
        {
            rows.Add(await run());
        }

        return rows;
    }

    private static async Task<GrowthRow> AskAsync(InferenceClient client, BertConfig config, int tokens, int texts)
    {
        long start = Stopwatch.GetTimestamp();
        Classification[] answers = await Task.WhenAll(Enumerable.Range(0, texts).Select(text => Task.Run(() => client.ClassifyAsync(new ClassificationInput
        {
            InputIds = [.. Enumerable.Range(0, tokens).Select(i => (int)((((long)i * 4001) + (text * 977L) + 17) % config.VocabSize))],
        }))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new GrowthRow(
            tokens,
            texts,
            texts == 1 ? answers[0].Cost.Seconds : seconds,
            answers.Sum(a => a.Cost.BytesTotal),
            answers.Max(a => a.Cost.RoundsTotal),
            [.. Enumerable.Range(0, client.PartyCount).Select(party => answers.Max(a => a.Cost.PeakMemoryByParty[party]))]);
    }

    public static string Format(IReadOnlyList<GrowthRow> rows)
    {
        var table = new MarkdownTable("tokens", "texts at once", "seconds", "MB, all parties and the client", "rounds", "peak memory by party, MB");
        foreach (GrowthRow row in rows)
        {
            table.Add(
                Text($"{row.Tokens}"), Text($"{row.Texts}"), Text($"{row.Seconds:F2}"), Text($"{row.Bytes / 1e6:N1}"), Text($"{row.Rounds}"),
                string.Join(", ", row.PeakMemoryByParty.Select(bytes => Text($"{bytes / 1e6:N0}"))));
        }

        return table.ToString();
    }

    private static string Text(FormattableString cell) => cell.ToString(CultureInfo.InvariantCulture);
}
