using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What goes over the wire between n parties has sizes, order and a distribution that do not depend on secrets.</summary>
public class ShamirTraceTests
{
    // Words of bits are a multiple of three parties' 64, so that with three every king opens as much.
    private const int Rows = 192;
    private const int Columns = 64;
    private const int Count = Rows * Columns;

    /// <summary>Which masks a control does without.</summary>
    public enum Without
    {
        Nothing,
        ExtractedMasks,
        ExtractedMasksAndZeroShares,
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    public async Task Sizes_and_order_are_the_same_for_all_secrets_and_payloads_are_uniform(int n, int t)
    {
        double[] extremes = new double[Count];
        Array.Fill(extremes, -127.5);
        FrameTrace zeros = await TraceAsync(n, t, new double[Count], UseEverythingAsync);
        foreach (double[] secret in new[] { Values(1, Count, 100), extremes })
        {
            FrameTrace trace = await TraceAsync(n, t, secret, UseEverythingAsync);
            Assert.Equal(zeros.Layout.Keys, trace.Layout.Keys);
            foreach ((string link, string[] frames) in zeros.Layout)
            {
                Assert.Equal(frames.Select(Comparable), trace.Layout[link].Select(Comparable));
            }

            Assert.Empty(trace.Problems());
            Assert.Empty(zeros.InCommon(trace));
        }

        Assert.Empty(zeros.Problems());

        // Import, export, dealt shares, summands for kings and what they return.
        Assert.Equal([4, 5, 51, 52, 53], zeros.Operations.Order().Select(o => (int)o));

        // With more than 2 t + 1 parties an opening need not wait for all: who is late on a busy machine is heard later.
        string Comparable(string frame) => n == (2 * t) + 1 ? frame : string.Join(' ', frame.Split(' ').Where((_, i) => i != 2));
    }

    [Fact]
    public async Task The_small_program_of_the_controls_is_uniform_too() =>
        Assert.Empty((await TraceAsync(3, 1, new double[Count], UseBitsAsync)).Problems());

    [Fact]
    public async Task Without_extracted_masks_kings_see_products_and_shares_are_shown_as_they_are()
    {
        FrameTrace trace = await TraceAsync(3, 1, new double[Count], UseBitsAsync, Without.ExtractedMasks);
        List<(ushort Operation, string Problem)> problems = trace.Problems();
        Assert.Contains(problems, p => p.Operation == FrameTrace.Returned);
        Assert.Contains(problems, p => p.Operation == FrameTrace.Export);

        // What a contributor sends is still masked by its zero share.
        Assert.DoesNotContain(problems, p => p.Operation == FrameTrace.Summand);
    }

    [Fact]
    public async Task Without_zero_shares_either_what_contributors_send_tells()
    {
        FrameTrace trace = await TraceAsync(3, 1, new double[Count], UseBitsAsync, Without.ExtractedMasksAndZeroShares);
        Assert.Contains(trace.Problems(), p => p.Operation == FrameTrace.Summand);
    }

    /// <summary>One run of a program, with a client who shares values and takes results twice.</summary>
    private static async Task<FrameTrace> TraceAsync(int n, int t, double[] secret, Func<MpcSession, SecretTensor, double[], Task> program, Without without = Without.Nothing)
    {
        var trace = new FrameTrace { HasElements = true, ReturnedCopies = n - 1 };
        await using var network = new InMemoryNetwork(n, new TransportOptions { FrameObserver = trace.Observe });
        Task parties = Task.WhenAll(Enumerable.Range(0, n).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ShamirSession session = Weakened(await ShamirSession.OpenAsync(channels, new SessionOptions { Threshold = t }), without);
            SecretTensor imported = await session.ImportAsync(client.Channel, new TensorShape(Rows, Columns));
            await session.ExportAsync(client.Channel, imported);
            await session.ExportAsync(client.Channel, imported);
            await program(session, imported, secret);
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] channels = [.. Enumerable.Range(0, n).Select(party => links[party])];
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Shamir, n, t);
        await codec.SendAsync(channels, secret, 18, "secret");
        double[] first = await codec.ReceiveAsync(channels, Count, 18);
        double[] second = await codec.ReceiveAsync(channels, Count, 18);
        await parties;
        Assert.Equal(secret, first);
        Assert.Equal(secret, second);
        return trace;
    }

    private static ShamirSession Weakened(ShamirSession session, Without without) => without switch
    {
        Without.ExtractedMasks => InsecureSessions.WithoutExtractedMasks(session),
        Without.ExtractedMasksAndZeroShares => InsecureSessions.WithoutZeroShares(InsecureSessions.WithoutExtractedMasks(session)),
        _ => session,
    };

    private static async Task UseBitsAsync(MpcSession s, SecretTensor x, double[] secret)
    {
        SecretBits negative = await s.LessThanZeroAsync(x, 16);
        Assert.Equal(secret.Select(v => v < 0), await s.RevealAsync(await s.AndAsync(negative, negative)));
        Near([.. secret.Select(v => v * v)], await s.RevealAsync(await s.MultiplyAsync(x, x, 36)), 0);
    }

    private static async Task UseEverythingAsync(MpcSession s, SecretTensor imported, double[] secret)
    {
        TensorShape shape = imported.Shape;
        foreach (int owner in new[] { 0, s.PartyCount - 1 })
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
            SecretBits zero = await s.EqualsZeroAsync(x, 64);
            SecretBits both = await s.AndAsync(negative, s.Not(zero));
            await s.ToArithmeticAsync(both);
            SecretTensor rectified = await s.MultiplyBitAsync(s.Not(negative), x);
            await s.RevealToAsync(await s.SelectAsync(zero, x, rectified), 1);
            NormalizingScale scale = await s.NormalizeAsync(s.Slice(rectified, 0, 0, 16), 40);
            Assert.Equal(
                secret.Take(16 * Columns).Select(v => v <= 0 ? 0 : Math.ScaleB(1, 39 - Math.ILogB(Math.ScaleB(v, 18)))), await s.RevealAsync(scale.Scale));
            SecretTensor largest = await s.MaximumAsync(x, 32);
            Assert.Equal(secret.Chunk(Columns).Select(r => r.Max()), await s.RevealAsync(largest));
        }
    }
}
