using System.Text.RegularExpressions;

namespace SecureTransformer.Protocols;

/// <summary>Time, bytes and rounds by layer and operation: of one party, or of all that ran a program together. Every moment and every byte is in one entry.</summary>
public sealed partial class ProfileReport
{
    internal ProfileReport(int runs, IReadOnlyList<double> seconds, IReadOnlyList<long> bytes, IReadOnlyList<ProfileEntry> entries, bool isTruncated)
    {
        Runs = runs;
        SecondsByParty = seconds;
        BytesByParty = bytes;
        Entries = entries;
        IsTruncated = isTruncated;
        Total = Sum("", "", entries);
    }

    /// <summary>The number of parties.</summary>
    public int Parties => SecondsByParty.Count;

    /// <summary>How many recordings each party made; they are summed.</summary>
    public int Runs { get; }

    /// <summary>How long each party's recordings lasted.</summary>
    public IReadOnlyList<double> SecondsByParty { get; }

    /// <summary>Payload bytes that each party sent.</summary>
    public IReadOnlyList<long> BytesByParty { get; }

    /// <summary>Each operation of each layer, in the order in which they first ran.</summary>
    public IReadOnlyList<ProfileEntry> Entries { get; }

    /// <summary>The sum of all entries, which is the whole.</summary>
    public ProfileEntry Total { get; }

    /// <summary>Whether a recording was too long to tell all its parts apart; see <see cref="ProfileRecording.IsTruncated"/>.</summary>
    public bool IsTruncated { get; }

    /// <summary>Sums over all layers, the longest first.</summary>
    /// <param name="detailed">Whether the parts of operations stand by themselves, as "softmax/exp/multiply", or are summed under the operation around them, "softmax".</param>
    public IReadOnlyList<ProfileEntry> ByOperation(bool detailed = false) =>
        [.. Group(e => ("", detailed ? e.Operation : First(e.Operation))).OrderByDescending(e => e.Seconds)];

    /// <summary>Sums over all operations, in the order of the run.</summary>
    /// <param name="detailed">Whether each of alike layers stands by itself; else "encoder.layer.0" and those after it are summed as "encoder.layer.*".</param>
    public IReadOnlyList<ProfileEntry> ByLayer(bool detailed = false) => Group(e => (detailed ? e.Layer : Alike(e.Layer), ""));

    /// <summary>Sums over entries that are given the same layer and operation, in the order of the first of each.</summary>
    public IReadOnlyList<ProfileEntry> Group(Func<ProfileEntry, (string Layer, string Operation)> group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return [.. Entries.GroupBy(group).Select(g => Sum(g.Key.Layer, g.Key.Operation, g))];
    }

    /// <summary>Writes a table of operations and one of layers.</summary>
    /// <param name="writer">Takes the lines.</param>
    /// <param name="detailed">Whether parts of operations and alike layers stand by themselves.</param>
    public void WriteTable(TextWriter writer, bool detailed = false)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ProfileTable.Write(writer, this, detailed);
    }

    /// <summary>The name of a layer with its number left open: "encoder.layer.*" for "encoder.layer.0".</summary>
    public static string Alike(string layer) => NumberOfLayer().Replace(layer, ".*");

    private static string First(string operation) => operation.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? operation[..slash] : operation;

    private static ProfileEntry Sum(string layer, string operation, IEnumerable<ProfileEntry> entries) =>
        entries.Aggregate(new ProfileEntry(layer, operation, 0, 0, 0, 0, 0, 0, 0), (sum, e) => sum with
        {
            Calls = sum.Calls + e.Calls,
            Elements = sum.Elements + e.Elements,
            Products = sum.Products + e.Products,
            Seconds = sum.Seconds + e.Seconds,
            WaitingSeconds = sum.WaitingSeconds + e.WaitingSeconds,
            BytesSent = sum.BytesSent + e.BytesSent,
            Rounds = sum.Rounds + e.Rounds,
        });

    [GeneratedRegex(@"\.[0-9]+(?=/|\.|$)", RegexOptions.CultureInvariant)]
    private static partial Regex NumberOfLayer();
}
