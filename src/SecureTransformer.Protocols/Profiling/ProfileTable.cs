using System.Globalization;

namespace SecureTransformer.Protocols;

/// <summary>A report as text: operations, then layers.</summary>
internal static class ProfileTable
{
    /// <summary>What is local to a layer and less than this is not worth a line.</summary>
    private const double LeastShare = 0.0005;

    public static void Write(TextWriter writer, ProfileReport report, bool detailed)
    {
        Line(writer, $"profile of {Count(report.Parties, "party", "parties")}{(report.Runs > 1 ? $", {report.Runs} runs summed" : "")}: seconds on average over the parties, bytes of all, rounds of the longest chain");
        if (report.IsTruncated)
        {
            Line(writer, $"too long to tell all its parts apart: what came after the first {ProfileRecording.MaxSlices:N0} is counted where it fell");
        }

        IReadOnlyList<ProfileEntry> operations = report.ByOperation(detailed);
        IReadOnlyList<ProfileEntry> layers = detailed ? report.Group(e => (e.Layer, e.Operation)) : report.ByLayer();
        int width = operations.Select(e => e.Operation).Concat(layers.Select(NameOf)).Append("operation").Max(n => n.Length);
        Head(writer, "operation", width);
        foreach (ProfileEntry entry in operations)
        {
            Row(writer, entry.Operation, entry, report.Total, width);
        }

        Row(writer, "total", report.Total, report.Total, width);
        writer.WriteLine();
        Head(writer, "layer", width);
        foreach (ProfileEntry entry in layers.Where(e => e.Calls > 0 || e.Seconds >= LeastShare * report.Total.Seconds))
        {
            Row(writer, NameOf(entry), entry, report.Total, width);
        }

        Row(writer, "total", report.Total, report.Total, width);
    }

    private static string NameOf(ProfileEntry entry)
    {
        string layer = entry.Layer.Length == 0 ? "(outside layers)" : entry.Layer;
        return entry.Operation.Length == 0 ? layer : $"{layer}: {entry.Operation}";
    }

    private static string Count(int count, string one, string many) => count == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{count} {many}");

    private static void Head(TextWriter writer, string name, int width) =>
        Line(writer, $"{name.PadRight(width)} {"calls",7} {"seconds",9} {"share",6} {"waiting",9} {"MB",10} {"rounds",7}");

    private static void Row(TextWriter writer, string name, ProfileEntry entry, ProfileEntry total, int width) =>
        Line(
            writer,
            $"{name.PadRight(width)} {entry.Calls,7} {entry.Seconds,9:F4} {(total.Seconds > 0 ? 100 * entry.Seconds / total.Seconds : 0),5:F1}% {entry.WaitingSeconds,9:F4} {entry.BytesSent / 1e6,10:F3} {entry.Rounds,7}");

    private static void Line(TextWriter writer, FormattableString line) => writer.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
