using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>This program as one party of a measurement, or as the dealer.</summary>
internal static class PartyChild
{
    /// <summary>Runs as a party when the arguments ask for it; null when they ask for something else.</summary>
    public static async Task<int?> TryRunAsync(string[] args)
    {
        if (args is not [ProcessTask.Verb, var folder, var place])
        {
            return null;
        }

        EndWithParent();
        await RunAsync(folder, int.Parse(place, CultureInfo.InvariantCulture));
        return 0;
    }

    private static async Task RunAsync(string folder, int place)
    {
        long started = Stopwatch.GetTimestamp();
        ProcessTask task = JsonSerializer.Deserialize(await File.ReadAllTextAsync(ProcessTask.TaskFile(folder)), BenchJson.Default.ProcessTask)!;
        BenchOptions options = task.Options;
        using var identity = PartyIdentity.Load(ProcessTask.KeyFile(folder, place));
        await using IPartyEndpoint endpoint = TcpNetwork.StartParty(NetworkDescription.Load(ProcessTask.NetworkFile(folder)), place, identity, options.TransportOptions);
        WatchedEndpoint? seat = place == 0 && MpcProtocols.HasDealer(options.Protocol) ? new WatchedEndpoint(endpoint) : null;
        await using ChannelSet channels = await ((IPartyEndpoint?)seat ?? endpoint).OpenSessionAsync(SessionId.FromBytes(Convert.FromHexString(task.Session)));
        if (place == options.PartyCount)
        {
            await Dealer.ServeAsync(channels, options.Threads);
            return;
        }

        PartyOutcome outcome = task.Workload == ChannelProbe.Name ? await ChannelProbe.RunAsync(channels) : await ComputeAsync(channels, task, seat, started);
        await File.WriteAllTextAsync(ProcessTask.OutcomeFile(folder, place), JsonSerializer.Serialize(outcome, BenchJson.Default.PartyOutcome));
        if (place == 0)
        {
            await File.WriteAllBytesAsync(ProcessTask.ValuesFile(folder), MemoryMarshal.AsBytes(outcome.Values.AsSpan()).ToArray());
        }
    }

    private static async Task<PartyOutcome> ComputeAsync(ChannelSet channels, ProcessTask task, WatchedEndpoint? seat, long started)
    {
        BenchOptions options = task.Options;
        await using MpcSession session = await MpcProtocols.OpenSessionAsync(options.Protocol, channels, options.Session);
        PartyOutcome outcome = await WorkloadRun.RunAsync(session, Workloads.Create(task.Workload), options, new NetworkRendezvous(), seat, started);

        // Nobody leaves while another still works.
        await session.AgreeAsync("end", default);
        return outcome;
    }

    /// <summary>The parent holds the other end of standard input and never writes: it closes when the parent ends, however that happens.</summary>
    private static void EndWithParent() => _ = Task.Run(static async () =>
    {
        var buffer = new byte[64];
        while (await Console.OpenStandardInput().ReadAsync(buffer) > 0)
        {
        }

        Environment.Exit(1);
    });
}
