using System.Globalization;
using SecureTransformer.Hosting;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>Figures as the sections of docs/performance-shamir.md.</summary>
internal static class ShamirReport
{
    /// <summary>The sections that were measured, by name.</summary>
    public static IEnumerable<(string Name, string Text)> Sections(ShamirFigures figures)
    {
        yield return ("machine", MachineInfo.Here().ToMarkdown());
        if (figures.Operations is { } operations)
        {
            yield return ("operations", OperationsOf(operations));
        }

        if (figures.Triage is { } triage)
        {
            yield return ("triage", TriageOf(triage));
        }

        if (figures.Bytes is { } bytes)
        {
            yield return ("bytes", BytesOf(bytes));
        }
    }

    private static string OperationsOf(IReadOnlyList<(ShamirRow Row, BenchResult Result)> operations)
    {
        var table = new MarkdownTable(
            "Work",
            "seconds",
            "of that offline",
            "processor seconds of one party",
            "bytes an element online",
            "offline",
            "rounds",
            "largest error",
            "MP-SPDZ: seconds",
            "times faster",
            "MPyC: processor seconds of one party",
            "times less",
            "");
        foreach ((ShamirRow row, BenchResult result) in operations)
        {
            double processor = result.CpuSeconds / ShamirRun.Parties;
            double? faster = row.SpdzSeconds / result.Seconds;
            double? less = row.MpycSeconds / processor;
            bool meets = !(faster < ShamirRow.SpdzBar) && !(less < row.MpycBar);
            table.Add(
                row.Work,
                Text($"{result.Seconds:F4}"),
                Text($"{result.OfflineSeconds:F4}"),
                Text($"{processor:F4}"),
                Text($"{(double)result.OnlineBytes / row.Elements:F1}"),
                Text($"{(double)result.OfflineBytes / row.Elements:F1}"),
                Text($"{result.Rounds}"),
                Text($"{result.MaxAbsError:E1}"),
                Text($"{row.SpdzSeconds}"),
                faster is null ? "" : Text($"{faster:F1} (bar {ShamirRow.SpdzBar})"),
                Text($"{row.MpycSeconds}"),
                less is null ? "" : Text($"{less:F0} (bar {row.MpycBar})"),
                meets ? "met" : "missed");
        }

        return table.ToString();
    }

    private static string TriageOf(TriageFigures triage)
    {
        Cost[] bySeconds = [.. triage.Costs.OrderBy(cost => cost.Seconds)];
        Cost median = bySeconds[bySeconds.Length / 2];
        var table = new MarkdownTable("phase", "MB, parties and client", "rounds");
        foreach (TrafficPhase phase in (TrafficPhase[])[TrafficPhase.Input, TrafficPhase.Offline, TrafficPhase.Online, TrafficPhase.Output])
        {
            table.Add(
                phase.ToString().ToLowerInvariant(),
                Text($"{median.BytesByPhase[phase] / 1e6:F3}"),
                phase == TrafficPhase.Offline ? "not counted" : Text($"{median.RoundsByPhase[phase]}"));
        }

        table.Add("all", Text($"{median.BytesTotal / 1e6:F3}"), Text($"{median.RoundsTotal}"));
        bool exact = triage.Costs.All(cost =>
            cost.BytesOffline == triage.Estimate.Total.OfflineBytes
            && cost.BytesTotal == triage.Estimate.Total.Bytes + triage.Estimate.Total.OfflineBytes
            && cost.RoundsTotal == triage.Estimate.Total.Rounds);
        return Text(
            $"{triage.Parties} parties, threshold {triage.Threshold}, {triage.Tokens} tokens: {median.Seconds:F3} s, of that offline {median.SecondsOffline:F3} s (median of {triage.Costs.Count}). Bytes and rounds are {(exact ? "those" : "not those")} of the estimate.\n\n{table}");
    }

    private static string BytesOf(IReadOnlyList<ProductBytes> rows)
    {
        var table = new MarkdownTable("n", "t", "truncated bits", "online", "declared", "offline", "declared", "");
        foreach (ProductBytes row in rows)
        {
            table.Add(
                Text($"{row.Parties}"),
                Text($"{row.Threshold}"),
                Text($"{row.Shift}"),
                Each(row.OnlineBytes),
                Each(row.Declared.Bytes),
                Each(row.OfflineBytes),
                Each(row.Declared.OfflineBytes),
                row.IsAsDeclared ? "equal" : "different");

            string Each(long bytes) => Text($"{(double)bytes / row.Count:F1}");
        }

        return table.ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
