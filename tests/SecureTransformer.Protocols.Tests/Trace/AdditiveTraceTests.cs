using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What goes over the wire between parties and from the dealer has sizes, order and a distribution that do not depend on secrets, and no mask comes twice.</summary>
public class AdditiveTraceTests
{
    private const int Rows = 128;
    private const int Columns = 64;
    private const int Count = Rows * Columns;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sizes_and_order_are_the_same_for_all_secrets_and_payloads_are_uniform(int parties)
    {
        double[] extremes = new double[Count];
        Array.Fill(extremes, -127.5);
        FrameTrace zeros = await TraceAsync(parties, new double[Count]);
        foreach (double[] secret in new[] { new double[Count], Values(1, Count, 100), extremes })
        {
            FrameTrace trace = await TraceAsync(parties, secret);
            Assert.Equal(zeros.Layout.Keys, trace.Layout.Keys);
            foreach ((string link, string[] frames) in zeros.Layout)
            {
                Assert.Equal(frames.Select(WithoutClock), trace.Layout[link].Select(WithoutClock));
            }

            Assert.Empty(trace.Problems());
            Assert.Empty(zeros.InCommon(trace));
        }

        Assert.Empty(zeros.Problems());
    }

    /// <summary>What the dealer is told depends on nothing secret, and what it says is uniform: it never hears from a party but seeds and public parameters.</summary>
    [Fact]
    public async Task The_dealer_hears_seeds_and_public_parameters_alone()
    {
        FrameTrace trace = await TraceAsync(2, Values(3, Count, 100));
        foreach ((string link, string[] frames) in trace.Layout)
        {
            if (link.EndsWith("to the dealer", StringComparison.Ordinal))
            {
                Assert.All(frames, frame => Assert.Contains(frame.Split(' ')[0], (string[])["1", "64", "65"]));
            }
        }

        Assert.Contains(trace.Layout.Keys, link => link == "party 0 to the dealer");
    }

    private static string WithoutClock(string frame)
    {
        string[] parts = frame.Split(' ');
        return $"{parts[0]} {parts[1]} {parts[3]}";
    }

    /// <summary>One run of a program that uses every operation of the session.</summary>
    private static async Task<FrameTrace> TraceAsync(int count, double[] secret)
    {
        var trace = new FrameTrace { Copies = count - 1 };
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Additive, transport: new TransportOptions { FrameObserver = trace.Observe }, parties: count);
        await parties.RunAsync(async s =>
        {
            var shape = new TensorShape(Rows, Columns);
            SecretTensor y = await s.InputAsync(0, shape, secret);
            for (int owner = 0; owner < s.PartyCount; owner++)
            {
                using SessionScope scope = s.BeginScope();
                SecretTensor x = await s.InputAsync(owner, shape, secret);
                Near([.. secret.Select(v => v * v)], await s.RevealAsync(await s.SquareAsync(x)), Math.ScaleB(1, -18));
                SecretTensor shuffled = await s.InputShuffledAsync(owner, shape, secret);
                Assert.Equal(secret.Chunk(Columns).SelectMany(row => row.Order()), (await s.RevealAsync(shuffled)).Chunk(Columns).SelectMany(row => row.Order()));
                SecretTensor full = await s.MultiplyAsync(x, y, 36);
                Near([.. secret.Select(v => v * v)], await s.RevealAsync(await s.TruncateAsync(full, 18)), Math.ScaleB(1, -18));
                Near(
                    [.. secret.Select((v, i) => v * secret[i / Columns * Columns])],
                    await s.RevealAsync(await s.MultiplyAsync(x, s.Slice(y, 1, 0, 1))),
                    Math.ScaleB(1, -18));
                await s.MultiplyAsync(x, s.Slice(y, 0, 0, 1));
                await s.DotAsync(x, y);
                await s.MatMulAsync(x, y, transposeRight: true);
                using SecretMatrix packed = s.Pack(s.Permute(x, 1, 0));
                await s.MatMulAsync(y, packed, fractionalBits: 36);
                SecretTensor product = await s.MatMulAsync(y, packed);

                // The matrix is opened a second time for this, under another mask.
                await s.MatMulAsync(product, packed, transposeRight: true);
                SecretBits negative = await s.LessThanZeroAsync(x, 32);
                Assert.Equal(secret.Select(v => v < 0), await s.RevealAsync(negative));
                SecretBits zero = await s.EqualsZeroAsync(x, 64);
                SecretBits both = await s.AndAsync(negative, s.Not(zero));
                await s.ToArithmeticAsync(both);
                SecretTensor rectified = await s.MultiplyBitAsync(s.Not(negative), x);
                await s.RevealToAsync(await s.SelectAsync(zero, x, rectified), 1);
                await s.NormalizeAsync(await s.MultiplyAsync(x, x, 36), 52);
                await s.NormalizeAsync(s.AddPublic(rectified, 1), 30, 18, mayBeZero: false, squareRoot: false);
                await s.EvaluateAsync(Reciprocal.Default, s.AddPublic(rectified, 1));
                SecretTensor largest = await s.MaximumAsync(x, 32);
                Assert.Equal(secret.Chunk(Columns).Select(r => r.Max()), await s.RevealAsync(largest));
            }
        });
        return trace;
    }
}
