using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>Rates of channels: every party sends to the next and receives from the one before.</summary>
internal static class ChannelProbe
{
    /// <summary>The name by which processes are told to run this in place of a workload.</summary>
    public const string Name = "channels";

    private const int Parties = 3;
    private const int Rounds = 4000;
    private const int Frames = 512;
    private const int FrameBytes = 512 << 10;
    private const int Ahead = 4;
    private const ushort Operation = 1;

    public static async Task<ChannelRate> InMemoryAsync()
    {
        await using var network = new InMemoryNetwork(Parties);
        var id = SessionId.New();
        return RateOf(await Task.WhenAll(Enumerable.Range(0, Parties).Select(party => Task.Run(async () =>
        {
            await using ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
            return await RunAsync(channels);
        }))));
    }

    public static async Task<ChannelRate> BetweenProcessesAsync() => RateOf(await PartyProcesses.RunAsync(Name, new BenchOptions()));

    /// <summary>One party's part: first many rounds, then many bytes.</summary>
    public static async Task<PartyOutcome> RunAsync(ChannelSet channels)
    {
        IChannel next = channels[(channels.PartyId + 1) % Parties];
        IChannel previous = channels[(channels.PartyId + Parties - 1) % Parties];
        var from = new byte[FrameBytes];
        var to = new byte[FrameBytes];
        for (int i = 0; i < Rounds / 10; i++)
        {
            await ExchangeAsync(sizeof(ulong), 1);
        }

        await ExchangeAsync(FrameBytes, Frames / 8);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rounds; i++)
        {
            await ExchangeAsync(sizeof(ulong), 1);
        }

        double rounds = Stopwatch.GetElapsedTime(start).TotalSeconds / Rounds;
        start = Stopwatch.GetTimestamp();
        await ExchangeAsync(FrameBytes, Frames);
        double bulk = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // Nobody leaves while another still receives.
        await ExchangeAsync(sizeof(ulong), 1);
        await ExchangeAsync(sizeof(ulong), 1);
        return new PartyOutcome([new PartyRun(rounds, 0, 0, 0, sizeof(ulong), 0, 0), new PartyRun(bulk, 0, 0, 0, (long)FrameBytes * Frames, 0, 0)], 0, 0, 0, 0, 0, 0);

        async Task ExchangeAsync(int bytes, int frames)
        {
            for (int i = 0; i < frames + Ahead; i++)
            {
                if (i < frames)
                {
                    FrameBuffer frame = next.Rent(bytes);
                    from.AsSpan(0, bytes).CopyTo(frame.Span);
                    next.Send(frame, Operation);
                }

                if (i >= Ahead)
                {
                    using FrameBuffer frame = await previous.ReceiveAsync(Operation, bytes);
                    frame.Span.CopyTo(to);
                }
            }
        }
    }

    private static ChannelRate RateOf(PartyOutcome[] outcomes) =>
        new(outcomes.Sum(o => o.Runs[1].OnlineBytes) / outcomes.Max(o => o.Runs[1].Seconds), outcomes.Max(o => o.Runs[0].Seconds));
}
