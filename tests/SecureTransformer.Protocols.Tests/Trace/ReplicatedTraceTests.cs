using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What goes over the wire has sizes, order and a distribution that do not depend on secrets.</summary>
public class ReplicatedTraceTests
{
    private const int Rows = 128;
    private const int Columns = 64;
    private const int Count = Rows * Columns;

    [Fact]
    public async Task Sizes_and_order_are_the_same_for_all_secrets_and_payloads_are_uniform()
    {
        FrameTrace zeros = await TraceAsync(new double[Count]);
        FrameTrace again = await TraceAsync(new double[Count]);
        FrameTrace values = await TraceAsync(Values(1, Count, 100));
        double[] extremes = new double[Count];
        Array.Fill(extremes, -127.5);
        FrameTrace constant = await TraceAsync(extremes);

        foreach (FrameTrace trace in new[] { again, values, constant })
        {
            Assert.Equal(zeros.Layout.Keys, trace.Layout.Keys);
            foreach ((string link, string[] frames) in zeros.Layout)
            {
                Assert.Equal(frames, trace.Layout[link]);
            }

            Assert.Empty(trace.Problems());
            Assert.Empty(zeros.InCommon(trace));
        }

        Assert.Empty(zeros.Problems());
        // Input, import, export, the two of a shuffled input, products, the three frames of truncation, and, the two of comparison, the two of a bit as a number, the four of normalisation, the two of
        // functions with an addition theorem.
        Assert.Equal([3, 4, 5, 9, 10, 16, 17, 18, 19, 32, 33, 34, 35, 36, 38, 39, 40, 41, 42, 43], zeros.Operations.Order().Select(o => (int)o));
    }

    [Fact]
    public async Task Without_zero_shares_the_trace_tells_and_the_results_are_still_right()
    {
        FrameTrace trace = await TraceAsync(new double[Count], zeroShares: false);
        List<(ushort Operation, string Problem)> problems = trace.Problems();
        // Products of shares, and of bits, are not uniform; what is exported twice is the same twice.
        foreach (ushort operation in new[] { FrameTrace.Multiply, FrameTrace.And, FrameTrace.Export })
        {
            Assert.Contains(problems, p => p.Operation == operation);
        }
    }

    /// <summary>One run of a program that uses every operation of the session, with a client who shares values and takes results.</summary>
    private static async Task<FrameTrace> TraceAsync(double[] secret, bool zeroShares = true)
    {
        var trace = new FrameTrace();
        await using var network = new InMemoryNetwork(3, new TransportOptions { FrameObserver = trace.Observe });
        Task parties = Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ReplicatedSession session = await ReplicatedSession.OpenAsync(channels);
            await UseEverythingAsync(zeroShares ? session : InsecureSessions.WithoutZeroShares(session), client.Channel, secret);
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] channels = [links[0], links[1], links[2]];
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Replicated3);
        await codec.SendAsync(channels, secret, 18, "secret");
        double[] first = await codec.ReceiveAsync(channels, Count, 18);
        double[] second = await codec.ReceiveAsync(channels, Count, 18);
        await parties;
        Assert.Equal(secret, first);
        Assert.Equal(secret, second);
        return trace;
    }

    private static async Task UseEverythingAsync(MpcSession s, IChannel client, double[] secret)
    {
        var shape = new TensorShape(Rows, Columns);
        SecretTensor imported = await s.ImportAsync(client, shape);
        await s.ExportAsync(client, imported);
        await s.ExportAsync(client, imported);
        for (int owner = 0; owner < s.PartyCount; owner++)
        {
            using SessionScope scope = s.BeginScope();
            SecretTensor x = await s.InputAsync(owner, shape, secret);
            Near([.. secret.Select(v => v * v)], await s.RevealAsync(await s.SquareAsync(x)), Math.ScaleB(1, -18));
            SecretTensor shuffled = await s.InputShuffledAsync(owner, shape, secret);
            Assert.Equal(secret.Chunk(Columns).SelectMany(row => row.Order()), (await s.RevealAsync(shuffled)).Chunk(Columns).SelectMany(row => row.Order()));
            SecretTensor full = await s.MultiplyAsync(x, imported, 36);
            Near([.. secret.Select(v => v * v)], await s.RevealAsync(await s.TruncateAsync(full, 18)), Math.ScaleB(1, -18));
            await s.DotAsync(x, imported);
            await s.MatMulAsync(x, imported, transposeRight: true);
            using SecretMatrix packed = s.Pack(s.Permute(x, 1, 0));
            await s.MatMulAsync(imported, packed, fractionalBits: 36);
            SecretBits negative = await s.LessThanZeroAsync(x, 32);
            Assert.Equal(secret.Select(v => v < 0), await s.RevealAsync(negative));
            (SecretBits inside, SecretBits below) = await s.WindowAsync(x, 21, 40);
            Assert.Equal(secret.Select(v => v is >= -4 and < 4), await s.RevealAsync(inside));
            Assert.Equal(secret.Select(v => v < -4), await s.RevealAsync(below));
            SecretBits zero = await s.EqualsZeroAsync(x, 64);
            SecretBits both = await s.AndAsync(negative, s.Not(zero));
            await s.ToArithmeticAsync(both);
            SecretTensor rectified = await s.MultiplyBitAsync(s.Not(negative), x);
            await s.RevealToAsync(await s.SelectAsync(zero, x, rectified), 1);
            Near([.. secret.Select(v => v < 0 ? 3 * v : 2 * v)], await s.RevealAsync(await s.SumOfSelectedAsync([new(negative, x), new(s.Not(zero), s.Add(x, x))])), 0);
            await s.HarmonicSumAsync(new HarmonicSum(3, 0.5, 0.5, 4, [0.5, 0.25, 0.125, 0.0625, 0.03]), x);
            Near([.. secret.Select(v => v is < 0 and > -28 ? Math.Exp(v) : 0)], await s.RevealAsync(
                await s.ExponentialAsync(x, await s.AndAsync(negative, s.Not(await s.LessThanZeroAsync(s.AddPublic(x, 28), 32))))), Math.ScaleB(2, -18));
            NormalizingScale scale = await s.NormalizeAsync(rectified, 40);
            Assert.Equal(secret.Select(v => v <= 0 ? 0 : Math.ScaleB(1, 39 - Math.ILogB(Math.ScaleB(v, 18)))), await s.RevealAsync(scale.Scale));
            SecretTensor largest = await s.MaximumAsync(x, 32);
            Assert.Equal(secret.Chunk(Columns).Select(r => r.Max()), await s.RevealAsync(largest));
        }
    }
}
