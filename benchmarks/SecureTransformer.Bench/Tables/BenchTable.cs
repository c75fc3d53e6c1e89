using System.Globalization;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The tables of operations: each row measured now, beside what others measured on the same kind of machine.</summary>
internal static class BenchTable
{
    /// <summary>How long a row warms up, and then repeats, at least.</summary>
    public const double Seconds = 1;

    /// <summary>Measures every row.</summary>
    public static async Task<IReadOnlyList<RowResult>> MeasureAsync(BenchOptions options)
    {
        var results = new List<RowResult>();
        foreach (BenchRow row in BenchRows.All)
        {
            Console.Error.WriteLine(row.Work);

            // Of long runs a third of the repetitions is steady enough.
            BenchOptions times = row.IsLong ? options.With(Math.Min(options.WarmUps, 2), Math.Max(3, options.Repetitions / 3)) : options;
            results.Add(new RowResult(row, await Measurement.RunAsync(row.Workload, times)));
        }

        return results;
    }

    /// <summary>As Markdown; with an offline phase in another form.</summary>
    public static string Format(IReadOnlyList<RowResult> rows, BenchOptions options) =>
        MpcProtocols.HasOfflinePhase(options.Protocol) ? FormatWithOffline(rows, options) : FormatReplicated(rows, options);

    private static string FormatReplicated(IReadOnlyList<RowResult> rows, BenchOptions options)
    {
        bool tls = options.Transport != BenchTransport.Memory;
        var table = new MarkdownTable(
            "Work", "values", "seconds", "MB, all parties", "bytes an element", "rounds", "largest error", "MP-SPDZ: seconds", "MB", "error", "times faster", "bar", "times fewer bytes", "");
        foreach ((BenchRow row, BenchResult result) in rows)
        {
            double megabytes = result.OnlineBytes / 1e6;
            double error = row.ErrorOf(result);
            double? bar = tls ? row.Bar : row.MemoryBar;
            var against = Comparison.Of(row.Replicated, tls, bar, result.OnlineSeconds, megabytes, error);
            table.Add(
                row.Work,
                row.Domain,
                Text($"{result.OnlineSeconds:F4}"),
                Text($"{megabytes:F1}"),
                Text($"{(double)result.OnlineBytes / row.Elements:F1}"),
                Text($"{result.Rounds}"),
                Text($"{error:E1}"),
                Text($"{against?.PeerSeconds}"),
                Text($"{row.Replicated?.Megabytes}"),
                Text($"{row.Replicated?.Error:E1}"),
                Text($"{against?.TimesFaster:F1}"),
                Text($"{against?.Bar}"),
                Text($"{row.Replicated?.Megabytes / megabytes:F1}"),
                against?.Verdict ?? "");
        }

        return table.ToString();
    }

    private static string FormatWithOffline(IReadOnlyList<RowResult> rows, BenchOptions options)
    {
        var table = new MarkdownTable("Work", "online: seconds", "MB, all parties", "rounds", "offline: seconds", "MB", "largest error", "peer: seconds", "MB");
        foreach ((BenchRow row, BenchResult result) in rows)
        {
            bool block = row.Workload.StartsWith("layer/", StringComparison.Ordinal);
            PeerFigures? peer = options.PartyCount == 2 ? block ? BenchRows.CryptenBlock : row.Dealer : null;
            table.Add(
                row.Work,
                Text($"{result.OnlineSeconds:F3}"),
                Text($"{result.OnlineBytes / 1e6:F1}"),
                Text($"{result.Rounds}"),
                Text($"{result.OfflineSeconds:F3}"),
                Text($"{result.OfflineBytes / 1e6:F1}"),
                Text($"{row.ErrorOf(result):E1}"),
                peer is null ? "" : Text($"{(block ? "CrypTen" : "MP-SPDZ")} {peer.Seconds}"),
                Text($"{peer?.Megabytes}"));
        }

        return table.ToString();
    }

    private static string Text(FormattableString cell) => cell.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A measured row.</summary>
internal sealed record RowResult(BenchRow Row, BenchResult Result);
