using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Protocols.Tests;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// A client of seven parties of which any five determine an answer, and the parties played from a script: whoever lies, is silent or dies is named, the answer is right, and
/// nobody waits long.
/// </summary>
public class RobustClientTests
{
    private const int Count = 7;
    private const int Threshold = 2;
    private static readonly TransportOptions s_patience = new() { ReceiveTimeout = TimeSpan.FromSeconds(5) };

    public enum Part
    {
        Honest,
        Liar,
        SilentFromTheStart,
        SilentAtTheOutput,
        DiesAtTheOutput,
        Babbles,
    }

    [Theory]
    [InlineData(Part.Liar, Part.Liar, PartyFaultKind.Wrong, PartyFaultKind.Wrong)]
    [InlineData(Part.SilentFromTheStart, Part.DiesAtTheOutput, PartyFaultKind.Silent, PartyFaultKind.Lost)]
    [InlineData(Part.SilentAtTheOutput, Part.Liar, PartyFaultKind.Silent, PartyFaultKind.Wrong)]
    [InlineData(Part.Honest, Part.Babbles, null, null)]
    [InlineData(Part.Honest, Part.Honest, null, null)]
    public async Task An_answer_is_right_and_those_it_was_put_together_without_are_named(Part first, Part second, PartyFaultKind? firstKind, PartyFaultKind? secondKind)
    {
        await using var network = new InMemoryNetwork(Count, s_patience);
        var config = (BertConfig)ModelConfig.FromDirectory(BertRuns.TriageDirectory);
        await using var log = new RequestLog();
        await using var client = Client(network, config, new InferenceOptions { SilenceGrace = TimeSpan.FromMilliseconds(200), Logger = log });
        Part[] parts = PartsOf(first, second);
        Task[] parties = Play(network, (party, channel) => ClassifyAsync(channel, parts[party], config));
        long started = Stopwatch.GetTimestamp();
        Classification answer = await client.ClassifyAsync(new ClassificationInput { InputIds = [1, 2, 3] });
        Assert.True(Stopwatch.GetElapsedTime(started) < s_patience.ReceiveTimeout, "The client waited for a party that it does not need.");
        Assert.Equal(Enumerable.Range(0, config.NumLabels).Select(i => (double)i), answer.Logits);
        (int, PartyFaultKind)[] expected = firstKind is null ? [] : [(2, firstKind.Value), (5, secondKind!.Value)];
        Assert.Equal(expected, answer.Faults.Select(fault => (fault.Party, fault.Kind)));
        foreach (PartyFault fault in answer.Faults)
        {
            Assert.StartsWith($"party {fault.Party} ", fault.What, StringComparison.Ordinal);
            await log.AwaitAsync(fault.What);
        }

        Assert.Equal(Enumerable.Range(0, Count).Select(party => Reports(parts[party]) ? 100L : 0), answer.Cost.BytesByParty);
        await Task.WhenAll(parties);
        Assert.Equal(0, network.OutstandingFrames);
    }

    [Fact]
    public async Task Three_silent_parties_of_seven_are_too_many_and_end_it_within_the_time_out()
    {
        await using var network = new InMemoryNetwork(Count, new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(1) });
        var config = (BertConfig)ModelConfig.FromDirectory(BertRuns.TriageDirectory);
        await using var client = Client(network, config, new InferenceOptions());
        Part[] parts = PartsOf(Part.SilentAtTheOutput, Part.SilentFromTheStart);
        parts[6] = Part.SilentAtTheOutput;
        Task[] parties = Play(network, (party, channel) => ClassifyAsync(channel, parts[party], config));
        var error = await Assert.ThrowsAsync<PeerTimeoutException>(() => client.ClassifyAsync(new ClassificationInput { InputIds = [1, 2, 3] }).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Matches("party [256] sent nothing", error.Message);
        await Task.WhenAll(parties);
        Assert.Equal(0, network.OutstandingFrames);
    }

    [Fact]
    public async Task A_conversation_goes_on_with_a_silent_and_a_lying_party_and_waits_for_the_silent_one_once()
    {
        await using var network = new InMemoryNetwork(Count, s_patience);
        var config = (DecoderConfig)ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith"));
        var grace = TimeSpan.FromMilliseconds(700);
        await using var client = Client(network, config, new InferenceOptions { SilenceGrace = grace });
        Part[] parts = PartsOf(Part.SilentAtTheOutput, Part.Liar);
        const int Tokens = 4;
        Task[] parties = Play(network, (party, channel) => GenerateAsync(channel, parts[party], config, Tokens));
        var answer = new List<GeneratedToken>();
        long started = Stopwatch.GetTimestamp();
        await foreach (GeneratedToken token in client.GenerateAsync(
            new[] { 1, 2 }, new GenerationOptions { MaxNewTokens = Tokens, Sampling = TokenSampling.Client, EndTokenIds = [] }))
        {
            answer.Add(token);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        Assert.Equal(Tokens, answer.Count);
        Assert.All(answer, token => Assert.Equal(config.VocabSize - 1, token.Id));
        Assert.All(answer, token => Assert.Equal([(2, PartyFaultKind.Silent), (5, PartyFaultKind.Wrong)], token.Faults.Select(fault => (fault.Party, fault.Kind))));
        Assert.True(elapsed < 3 * grace, $"It took {elapsed} with a grace of {grace}.");
        await Task.WhenAll(parties);
        Assert.Equal(0, network.OutstandingFrames);
    }

    private static InferenceClient Client(InMemoryNetwork network, ModelConfig config, InferenceOptions options) =>
        new(network.Client(), config, null, options, null, new RepeatedCodec(Count, Threshold));

    private static Part[] PartsOf(Part second, Part fifth) => [.. Enumerable.Range(0, Count).Select(party => party switch { 2 => second, 5 => fifth, _ => Part.Honest })];

    private static bool Reports(Part part) => part is Part.Honest or Part.Liar;

    private static Task[] Play(InMemoryNetwork network, Func<int, IChannel, Task> play) => [.. Enumerable.Range(0, Count).Select(party => Task.Run(async () =>
    {
        await using ClientConnection client = await network.Party(party).AcceptClientAsync();
        await ControlChannel.ReceiveAsync(client.Channel, HostOperations.Request, default);
        ControlChannel.Signal(client.Channel, HostOperations.Progress);
        await play(party, client.Channel);

        // Silent or not, it keeps its link until the client has ended it.
        while (!client.Channel.HasEnded)
        {
            await Task.Delay(5);
        }
    }))];

    private static async Task ClassifyAsync(IChannel client, Part part, BertConfig config)
    {
        if (await AnswerAsync(client, part, config.NumHiddenLayers, config.NumLabels) && part == Part.Babbles)
        {
            ControlChannel.Send(client, HostOperations.Report, "{}"u8);
        }
    }

    private static async Task GenerateAsync(IChannel client, Part part, DecoderConfig config, int tokens)
    {
        await ControlChannel.ReceiveAsync(client, HostOperations.Turn, default);
        for (int made = 0; made < tokens; made++)
        {
            if (made > 0)
            {
                (await client.ReceiveAsync(HostOperations.Next, 1)).Dispose();
            }

            if (!await AnswerAsync(client, part, config.NumHiddenLayers, config.VocabSize))
            {
                return;
            }
        }
    }

    /// <summary>Computes and answers, as far as the part goes. False where it ends there.</summary>
    private static async Task<bool> AnswerAsync(IChannel client, Part part, int layers, int values)
    {
        if (part == Part.SilentFromTheStart)
        {
            return false;
        }

        for (int layer = 0; layer < layers; layer++)
        {
            ControlChannel.Signal(client, HostOperations.Progress);
        }

        if (part == Part.SilentAtTheOutput)
        {
            return false;
        }

        if (part == Part.DiesAtTheOutput)
        {
            await client.DisposeAsync();
            return false;
        }

        using FrameBuffer frame = client.Rent(values * sizeof(ulong));
        for (int i = 0; i < values; i++)
        {
            frame.Words[i] = (ulong)(part == Part.Liar ? values - i : i);
        }

        client.Send(frame, ShareCodec.ExportOperation);
        if (Reports(part))
        {
            var report = new PartyReport { BytesByPhase = [0, 0, 0, 100, 0], InputClock = 1, BytesFromDealer = 0, SecondsOffline = 0, PeakMemoryBytes = 1 };
            ControlChannel.Send(client, HostOperations.Report, report, ControlJson.Default.PartyReport);
        }

        return true;
    }
}
