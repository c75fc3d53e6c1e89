using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>How many threads a party uses is its own affair: what it sends and what it gets do not depend on it, and no mask is drawn twice.</summary>
public class ReplicatedDegreeTests
{
    /// <summary>More than a frame and than a group of comparisons, and nothing whole.</summary>
    private const int Count = 73 * 959;

    [Fact]
    public async Task Frames_and_results_are_the_same_whatever_the_degrees()
    {
        (string[] frames, double[] results) = await RunAsync([1, 1, 1]);
        Assert.True(frames.Length > 100);
        foreach (int[] degrees in new int[][] { [2, 2, 2], [5, 5, 5], [1, 5, 2], [3, 1, 1] })
        {
            (string[] others, double[] same) = await RunAsync(degrees);
            Assert.Equal(frames, others);
            Assert.Equal(results, same);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task No_block_of_a_stream_is_drawn_twice(int degree)
    {
        var draws = new ConcurrentBag<Draw>();
        await RunAsync([degree, degree, degree], draws);
        Assert.True(draws.Select(draw => draw.Stream).Distinct().Count() > 40);
        Assert.Empty(Overlaps(draws));
    }

    [Fact]
    public void Overlaps_are_found()
    {
        var draws = new ConcurrentBag<Draw>();
        using var randomness = new PairwiseRandomness(new byte[16]);
        randomness.Observer = (stream, position, blocks) => draws.Add(new Draw(stream, position, blocks));
        MaskRange range = randomness.Reserve(Purpose.Zero, 100);
        range.Fill(0, new ulong[50]);
        range.Fill(50, new ulong[50]);
        randomness.Fill(Purpose.Input, new ulong[50]);
        Assert.Empty(Overlaps(draws));
        range.Fill(48, new ulong[1]);
        Assert.Single(Overlaps(draws));
    }

    private static IEnumerable<(Draw, Draw)> Overlaps(IEnumerable<Draw> draws) =>
        draws.GroupBy(draw => draw.Stream).SelectMany(stream =>
        {
            Draw[] ordered = [.. stream.OrderBy(draw => draw.Position)];
            return ordered.Zip(ordered.Skip(1)).Where(pair => pair.First.Position + pair.First.Blocks > pair.Second.Position);
        });

    /// <summary>Every operation that draws masks, under keys that are the same in each run; all frames link by link, and what was revealed.</summary>
    private static async Task<(string[] Frames, double[] Results)> RunAsync(int[] degrees, ConcurrentBag<Draw>? draws = null)
    {
        var frames = new ConcurrentDictionary<string, ConcurrentQueue<string>>();
        await using var network = new InMemoryNetwork(3, new TransportOptions { FrameObserver = Observe });
        var id = SessionId.New();
        double[][] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run(async () =>
        {
            ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
            await using ReplicatedSession session = await ReplicatedSession.OpenAsync(channels, new SessionOptions { MaxDegreeOfParallelism = degrees[party] });
            SetKey(session, "_withNext", party, draws);
            SetKey(session, "_withPrevious", (party + 2) % 3, draws);
            return await UseAsync(session);
        })));
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
        return ([.. frames.OrderBy(link => link.Key, StringComparer.Ordinal).SelectMany(link => link.Value.Select(frame => $"{link.Key}: {frame}"))], results[0]);

        void Observe(in ObservedFrame frame)
        {
            // The handshake's keys are drawn anew, and not used.
            if (frame.Operation is not (FrameTrace.Handshake or FrameTrace.Keys))
            {
                frames.GetOrAdd($"{frame.From} to {frame.To}", _ => new()).Enqueue($"{frame.Operation} {frame.Payload.Length} {Convert.ToHexString(SHA256.HashData(frame.Payload))}");
            }
        }
    }

    private static void SetKey(ReplicatedSession session, string field, int pair, ConcurrentBag<Draw>? draws)
    {
        var randomness = (PairwiseRandomness)typeof(ReplicatedSession).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(session)!;
        var key = (byte[])typeof(PairwiseRandomness).GetField("_key", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(randomness)!;
        Array.Fill(key, (byte)(pair + 1));
        randomness.Observer = draws is null ? null : (stream, position, blocks) => draws.Add(new Draw(stream, position, blocks));
    }

    private static async Task<double[]> UseAsync(MpcSession s)
    {
        var revealed = new List<double>();
        double[] values = Values(7, Count);
        var shape = new TensorShape(Count);
        SecretTensor x = await s.InputAsync(0, shape, values);
        SecretTensor y = await s.InputAsync(1, shape, values.Reverse().ToArray());
        await s.InputShuffledAsync(2, new TensorShape(1, 1000), values.AsMemory(0, 1000));
        SecretTensor full = await s.MultiplyAsync(x, y, 36);
        await TakeAsync(await s.TruncateAsync(full, 18));
        await TakeAsync(await s.MultiplyAsync(x, y));
        await TakeAsync(await s.DotAsync(Rows(x), Rows(y)));
        await TakeAsync(await s.MatMulAsync(Rows(x), s.Reshape(s.Slice(y, 0, 0, 7 * 73), new TensorShape(73, 7))));
        SecretBits negative = await s.LessThanZeroAsync(x, 32);
        (SecretBits inside, SecretBits below) = await s.WindowAsync(y, 21, 44);
        SecretBits both = await s.AndAsync(s.Not(await s.EqualsZeroAsync(x, 40)), s.Xor(negative, s.Xor(inside, below)));
        await TakeAsync(await s.ToArithmeticAsync(both));
        await TakeAsync(await s.MultiplyBitAsync(negative, y));
        await TakeAsync(await s.SumOfSelectedAsync([new(negative, x), new(inside, y), new(both, x)]));
        await TakeAsync(await s.HarmonicSumAsync(new HarmonicSum(3, 0.5, 0.5, 4, [0.5, 0.25, 0.125, 0.0625, 0.03]), x));
        await TakeAsync(await s.ExponentialAsync(x, negative));
        NormalizingScale scale = await s.NormalizeAsync(s.AddPublic(s.Slice(await s.SquareAsync(x), 0, 0, 3001), 1), 40, squareRoot: true);
        await TakeAsync(scale.Scale);
        await TakeAsync(await s.MaximumAsync(Rows(x), 32));
        return [.. revealed];

        SecretTensor Rows(SecretTensor t) => s.Reshape(t, new TensorShape(959, 73));

        async Task TakeAsync(SecretTensor result) => revealed.AddRange(await s.RevealAsync(result));
    }

    private sealed record Draw(object Stream, ulong Position, ulong Blocks);
}
