using SecureTransformer.Protocols;

namespace SecureTransformer.Cli;

/// <summary>A profile in a JSON report: entries sum to the totals.</summary>
internal sealed class ProfileData
{
    public required int Parties { get; init; }

    /// <summary>The requests that are summed.</summary>
    public required int Runs { get; init; }

    public required double Seconds { get; init; }

    public required double WaitingSeconds { get; init; }

    public required long BytesSent { get; init; }

    public required int Rounds { get; init; }

    public required IReadOnlyList<double> SecondsByParty { get; init; }

    public required IReadOnlyList<long> BytesSentByParty { get; init; }

    public required IReadOnlyList<ProfileEntry> Entries { get; init; }

    public static ProfileData Of(ProfileReport report) => new()
    {
        Parties = report.Parties,
        Runs = report.Runs,
        Seconds = report.Total.Seconds,
        WaitingSeconds = report.Total.WaitingSeconds,
        BytesSent = report.Total.BytesSent,
        Rounds = report.Total.Rounds,
        SecondsByParty = report.SecondsByParty,
        BytesSentByParty = report.BytesByParty,
        Entries = report.Entries,
    };
}
