using System.Text.Json.Serialization;

namespace SecureTransformer.Bench;

/// <summary>One run at one party.</summary>
/// <param name="Seconds">From the common start to this party's end.</param>
/// <param name="CpuSeconds">What its process computed meanwhile.</param>
/// <param name="WaitedSeconds">What the party waited for the dealer in it, or spent on randomness that the parties make for each other.</param>
/// <param name="DealtSeconds">What the dealer took before it.</param>
/// <param name="OnlineBytes">Bytes sent to other parties.</param>
/// <param name="OfflineBytes">Bytes sent to the dealer and received from it, or sent to other parties for such randomness.</param>
/// <param name="AllocatedBytes">What its process took from the garbage-collected heap meanwhile.</param>
internal sealed record PartyRun(
    double Seconds, double CpuSeconds, double WaitedSeconds, double DealtSeconds, long OnlineBytes, long OfflineBytes, long AllocatedBytes);

/// <summary>What one party measured.</summary>
/// <param name="Runs">The counted runs.</param>
/// <param name="SetupSeconds">Everything before the first run.</param>
/// <param name="OpeningSeconds">Opening masked weights, a part of it.</param>
/// <param name="SetupBytes">Bytes sent in that.</param>
/// <param name="ClockBefore">The party's logical clock before the last run.</param>
/// <param name="ClockAfter">And after it.</param>
/// <param name="PeakMemoryBytes">The peak resident memory of its process, before anything is compared.</param>
internal sealed record PartyOutcome(
    IReadOnlyList<PartyRun> Runs, double SetupSeconds, double OpeningSeconds, long SetupBytes, int ClockBefore, int ClockAfter, long PeakMemoryBytes)
{
    /// <summary>The opened values.</summary>
    [JsonIgnore]
    public double[] Values { get; init; } = [];
}
