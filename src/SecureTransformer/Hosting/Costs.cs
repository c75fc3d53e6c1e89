using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Puts together what a client and the parties measured.</summary>
internal static class Costs
{
    /// <summary>The cost from one point of a client's session to another.</summary>
    /// <param name="seconds">The time between.</param>
    /// <param name="from">The client's clock at the first point.</param>
    /// <param name="to">The client's clock at the second, when it had the answer.</param>
    /// <param name="sent">What the client had sent in all, by phase, at the second point.</param>
    /// <param name="reports">What the parties reported at the second point; null for one that did not, of which nothing is counted.</param>
    /// <param name="hasDealer">Whether offline messages that the parties received are a dealer's, whom nobody else counts; if not, they are other parties' and counted there.</param>
    /// <param name="before">What the client and the parties had sent in all at the first point; null for a session's first.</param>
    public static Cost Between(double seconds, int from, int to, long[] sent, PartyReport?[] reports, bool hasDealer, SentSoFar? before = null)
    {
        TrafficPhase[] phases = Enum.GetValues<TrafficPhase>();
        var bytes = new Dictionary<TrafficPhase, long>();
        long[] byParty = new long[reports.Length];
        for (int p = 0; p < phases.Length; p++)
        {
            bytes[phases[p]] = sent[p] - (before?.Client[p] ?? 0);
            for (int party = 0; party < reports.Length; party++)
            {
                long mine = reports[party] is { } report ? report.BytesByPhase[p] - (before?.Parties[party]?.BytesByPhase[p] ?? 0) : 0;
                bytes[phases[p]] += mine;
                byParty[party] += phases[p] == TrafficPhase.Setup ? 0 : mine;
            }
        }

        // What the dealer sends is known to those who get it.
        (PartyReport Now, PartyReport? Then)[] there = [.. reports.Select((now, party) => (now!, before?.Parties[party])).Where(pair => pair.Item1 is not null)];
        bytes[TrafficPhase.Offline] += hasDealer ? there.Sum(r => r.Now.BytesFromDealer - (r.Then?.BytesFromDealer ?? 0)) : 0;
        double offline = there.Max(r => r.Now.SecondsOffline - (r.Then?.SecondsOffline ?? 0));

        // The last message of the chain goes to the client, who alone sees the whole.
        int input = Math.Max(0, there.Max(r => r.Now.InputClock) - from);
        var chain = new Dictionary<TrafficPhase, int>
        {
            [TrafficPhase.Setup] = before is null ? from : 0,
            [TrafficPhase.Input] = input,
            [TrafficPhase.Offline] = 0,
            [TrafficPhase.Online] = to - from - input - 1,
            [TrafficPhase.Output] = 1,
        };
        return new Cost(seconds, Math.Clamp(offline, 0, seconds), byParty, bytes, chain, [.. reports.Select(r => r?.PeakMemoryBytes ?? 0)], there.Min(r => r.Now.MaterialLeft));
    }

    /// <summary>What an endpoint has sent, by phase.</summary>
    public static long[] Sent(TrafficMeter meter) => [.. Enum.GetValues<TrafficPhase>().Select(meter.BytesSent)];
}

/// <summary>What the client and the parties had sent at a point of a session.</summary>
internal sealed record SentSoFar(long[] Client, PartyReport?[] Parties);
