using SecureTransformer.Architectures;
using SecureTransformer.Protocols;
using SecureTransformer.Protocols.Tests;
using SecureTransformer.Transport;

namespace SecureTransformer.Generation;

/// <summary>Choosing a token opens nothing: what is sent are shares, in frames whose number, sizes and order do not depend on logits, noise or temperature.</summary>
public class ChoiceTraceTests
{
    private const int Rows = 3;
    private const int Vocabulary = 1200;
    private const int Handshake = 1;
    private const int Keys = 2;
    private const int Input = 3;
    private const int ShuffleDeal = 9;
    private const int ShuffleReshare = 10;
    private const int And = 32;
    private const int CarryDeal = 33;
    private const int CarryReshare = 34;
    private const int BitDeal = 35;
    private const int BitReshare = 36;
    private const int OpenCompared = 49;
    private const int OpenBit = 50;
    private const int MaterialSeed = 64;
    private const int MaterialRequest = 65;
    private const int MaterialCorrection = 66;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frames_are_the_same_for_all_logits_look_random_and_open_nothing(bool sample)
    {
        FrameTrace trace = await CompareAsync(MpcProtocol.Replicated3, null, sample);
        Assert.Equal((int[])[Handshake, Keys, Input, .. sample ? [ShuffleDeal, ShuffleReshare] : Array.Empty<int>(), And, CarryDeal, CarryReshare, BitDeal, BitReshare], Operations(trace));

        // Party 0 shares the logits and deals the noise, of which it gets nothing back.
        Assert.Equal(["party 0 to party 1"], Links(trace, Input));
        Assert.Equal(sample ? ["party 0 to party 2"] : [], Links(trace, ShuffleDeal));
        Assert.Equal(sample ? ["party 1 to party 2", "party 2 to party 1"] : [], Links(trace, ShuffleReshare));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public async Task So_they_are_with_additive_sharing(int count, bool sample)
    {
        FrameTrace trace = await CompareAsync(MpcProtocol.Additive, count, sample);
        Assert.Equal(
            (int[])[Handshake, Keys, .. sample ? [ShuffleDeal] : Array.Empty<int>(), And, OpenCompared, OpenBit, MaterialSeed, MaterialRequest, MaterialCorrection], Operations(trace));

        // The noise goes from party to party, and party 0 gets nothing back; the dealer hears of shapes from party 0 alone.
        Assert.Equal(!sample ? [] : count == 2 ? ["party 0 to party 1"] : ["party 0 to party 1", "party 0 to party 2", "party 1 to party 2"], Links(trace, ShuffleDeal));
        Assert.Equal(["party 0 to the dealer"], Links(trace, MaterialRequest));
        Assert.Equal(["the dealer to party 0"], Links(trace, MaterialCorrection));
    }

    private static int[] Operations(FrameTrace trace) =>
        [.. trace.Layout.Values.SelectMany(frames => frames).Select(frame => int.Parse(frame.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).Distinct().Order()];

    private static string[] Links(FrameTrace trace, int operation) =>
        [.. trace.Layout.Where(l => l.Value.Any(frame => frame.StartsWith($"{operation} ", StringComparison.Ordinal))).Select(l => l.Key)];

    private static async Task<FrameTrace> CompareAsync(MpcProtocol protocol, int? count, bool sample)
    {
        using var random = new SeededValues(9401);
        double[] peaked = new double[Rows * Vocabulary];
        (peaked[7], peaked[Vocabulary + 1100], peaked[(2 * Vocabulary) + 600]) = (1e6, 1e6, 1e6);
        double[] spread = random.Normals(Rows * Vocabulary, 500, -1000);
        FrameTrace first = await TraceAsync(new double[Rows * Vocabulary], sample ? 1 : null);
        FrameTrace again = await TraceAsync(new double[Rows * Vocabulary], sample ? 1 : null);
        FrameTrace second = await TraceAsync(peaked, sample ? 0.01 : null);
        FrameTrace third = await TraceAsync(spread, sample ? 50 : null);
        foreach (FrameTrace trace in new[] { again, second, third })
        {
            Assert.Equal(first.Layout.Keys, trace.Layout.Keys);
            foreach ((string link, string[] frames) in first.Layout)
            {
                Assert.Equal(frames, trace.Layout[link]);
            }

            Assert.Empty(trace.Problems());
            Assert.Empty(first.InCommon(trace));
        }

        Assert.Empty(first.Problems());
        Assert.DoesNotContain(first.Layout.Values.SelectMany(frames => frames), frame => frame.Contains(nameof(TrafficPhase.Output), StringComparison.Ordinal));
        return first;

        Task<FrameTrace> TraceAsync(double[] logits, double? temperature) => ChoiceTraceTests.TraceAsync(protocol, count, logits, temperature);
    }

    private static async Task<FrameTrace> TraceAsync(MpcProtocol protocol, int? count, double[] logits, double? temperature)
    {
        var trace = new FrameTrace { Copies = count - 1 ?? 1 };
        await using var parties = LocalParties.Create(protocol, transport: new TransportOptions { FrameObserver = trace.Observe }, parties: count);
        await parties.RunAsync(async session =>
        {
            using SecretTensor x = await session.InputAsync(0, new TensorShape(Rows, Vocabulary), logits);
            using SecretToken token = temperature is { } t ? await PrivateChoice.SampleAsync(session, x, t) : await PrivateChoice.GreedyAsync(session, x);
        });
        return trace;
    }
}
