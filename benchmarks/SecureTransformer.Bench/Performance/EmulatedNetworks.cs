using System.Globalization;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>What runs take on emulated networks, in memory otherwise.</summary>
internal static class EmulatedNetworks
{
    public static async Task<IReadOnlyList<NetworkRow>> MeasureAsync(int layers, bool wan)
    {
        var rows = new List<NetworkRow>();
        foreach ((string name, NetworkConditions network) in new[] { ("LAN: 1 ms, 5 Gbit/s", NetworkConditions.Lan), ("WAN: 40 ms, 200 Mbit/s", NetworkConditions.Wan) })
        {
            bool slow = network.OneWayDelay > TimeSpan.FromMilliseconds(5);
            if (slow && !wan)
            {
                continue;
            }

            await AddAsync("BERT-base block, 128 tokens", Workloads.Layer(128, 0.02), warmUps: 1, repetitions: slow ? 1 : 3);
            await AddAsync($"BERT-base, {layers} blocks, 128 tokens", Workloads.Bert(layers, 128, 0), warmUps: slow ? 0 : 1, repetitions: 1);
            await AddAsync($"GPT-2 small, {layers} blocks, one token behind 32, chosen on shares", Workloads.NextToken(layers, 32, 0), warmUps: slow ? 0 : 1, repetitions: slow ? 1 : 3);

            async Task AddAsync(string work, string workload, int warmUps, int repetitions)
            {
                Console.Error.WriteLine($"{work}, {name}");
                rows.Add(new NetworkRow(work, name, await Measurement.RunAsync(workload, new BenchOptions { Network = network, WarmUps = warmUps, Repetitions = repetitions })));
            }
        }

        return rows;
    }

    public static string Format(IReadOnlyList<NetworkRow> rows)
    {
        var table = new MarkdownTable("Work", "network: round trip, bandwidth", "seconds", "MB, all parties", "rounds");
        foreach ((string work, string network, BenchResult result) in rows)
        {
            table.Add(work, network, Text($"{result.OnlineSeconds:F2}"), Text($"{result.OnlineBytes / 1e6:N1}"), Text($"{result.Rounds}"));
        }

        return table.ToString();
    }

    private static string Text(FormattableString cell) => cell.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A run on a network.</summary>
internal sealed record NetworkRow(string Work, string Network, BenchResult Result);
