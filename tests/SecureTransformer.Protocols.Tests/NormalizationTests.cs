using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

public class NormalizationTests
{
    /// <summary>Few elements are compared with all powers at once, many search by halving: both sides of the choice.</summary>
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 1)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 300)]
    [InlineData(MpcProtocol.Replicated3, 1)]
    [InlineData(MpcProtocol.Replicated3, 300)]
    [InlineData(MpcProtocol.Additive, 1)]
    [InlineData(MpcProtocol.Additive, 300)]
    public async Task Scales_bring_every_number_to_the_top(MpcProtocol protocol, int repeat)
    {
        // Integers of more than 53 bits are not exact in float64.
        int width = protocol == MpcProtocol.PlaintextFloat64 ? 52 : 62;
        double[] edges = [0, 1, 2, 3, 4, 7, 8, 1000, Math.ScaleB(1, 52) - 1, Math.ScaleB(1, 52), Math.ScaleB(1, 61) - 1024, Math.ScaleB(1, 61)];
        edges = [.. edges.Where(v => v < Math.ScaleB(1, width))];
        double[] x = [.. Enumerable.Range(0, repeat).SelectMany(_ => edges)];
        await using LocalParties parties = LocalParties.Create(protocol);
        double[][][] results = await parties.RunAsync(async session =>
        {
            SecretTensor input = await session.InputAsync(0, new TensorShape(repeat, edges.Length), x, 0);
            NormalizingScale scale = await session.NormalizeAsync(input, width);
            Assert.Equal(input.Shape, scale.Scale.Shape);
            return new[]
            {
                await session.RevealAsync(scale.Scale), await session.RevealAsync(scale.Half!), await session.RevealAsync(scale.Odd!), await session.RevealAsync(scale.NonZero),
            };
        });
        foreach (double[][] r in results)
        {
            for (int i = 0; i < x.Length; i++)
            {
                int s = x[i] == 0 ? 0 : width - 1 - Math.ILogB(x[i]);
                Assert.Equal(x[i] == 0 ? 0 : Math.ScaleB(1, s), r[0][i]);
                Assert.Equal(x[i] == 0 ? 0 : Math.ScaleB(1, s / 2), r[1][i]);
                Assert.Equal(x[i] == 0 ? 0 : 1, r[3][i]);
                if (x[i] != 0)
                {
                    Assert.Equal(s % 2, r[2][i]);
                }
            }
        }
    }

    [Theory]
    [InlineData(20, 17, 2000)]
    [InlineData(20, 17, 50_000)]
    [InlineData(33, 31, 80_000)]
    public async Task A_known_minimum_saves_comparisons_and_changes_nothing(int width, int minimumBits, int count)
    {
        double[] x = [.. Enumerable.Range(0, count).Select(i => Math.ScaleB(1, minimumBits) + ((long)i * 7919 % ((1L << width) - (1L << minimumBits))))];
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor input = await session.InputAsync(0, new TensorShape(count), x, 0);
            return await session.RevealAsync((await session.NormalizeAsync(input, width, minimumBits, mayBeZero: false)).Scale);
        });
        Assert.All(x.Zip(results[0]), p => Assert.InRange(p.First * p.Second, Math.ScaleB(1, width - 1), Math.ScaleB(1, width) - 1));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint, true)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, false)]
    [InlineData(MpcProtocol.Replicated3, true)]
    [InlineData(MpcProtocol.Replicated3, false)]
    [InlineData(MpcProtocol.Additive, true)]
    [InlineData(MpcProtocol.Additive, false)]
    public async Task Every_width_and_minimum_is_right_at_all_edges(MpcProtocol protocol, bool mayBeZero)
    {
        for (int width = 2; width <= 62; width++)
        {
            foreach (int minimumBits in new[] { 0, 1, 2, 3, 4, 5, width / 2, width - 6, width - 5, width - 2 }.Where(b => b >= 0 && b <= width - 2).Distinct())
            {
                var values = new List<long>(mayBeZero ? [0, 0] : []);
                for (int j = minimumBits; j < width; j++)
                {
                    values.AddRange([1L << j, Math.Max(1L << minimumBits, (1L << j) - 1), (2L << j) - 1, (1L << j) | (1L << minimumBits)]);
                }

                values.AddRange(Random((ulong)width, 64, minimumBits, width));
                await CheckAsync(protocol, [.. values], width, minimumBits, mayBeZero, squareRoot: width % 2 == 0);
            }
        }
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, 1)]
    [InlineData(MpcProtocol.Replicated3, 63)]
    [InlineData(MpcProtocol.Replicated3, 65)]
    [InlineData(MpcProtocol.Replicated3, 3_000)]
    [InlineData(MpcProtocol.Replicated3, 63_999)]
    [InlineData(MpcProtocol.Replicated3, 64_000)]
    [InlineData(MpcProtocol.Replicated3, 64_001)]
    [InlineData(MpcProtocol.Replicated3, 128_065)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 64_001)]
    [InlineData(MpcProtocol.Additive, 65)]
    [InlineData(MpcProtocol.Additive, 64_001)]
    [InlineData(MpcProtocol.Additive, 128_065)]
    public async Task Any_number_of_random_values(MpcProtocol protocol, int count)
    {
        await CheckAsync(protocol, [.. Random(1, count, 0, 40)], 40, 0, mayBeZero: true, squareRoot: true);
        await CheckAsync(protocol, [.. Random(2, count, 6, 46)], 46, 6, mayBeZero: false, squareRoot: false);
    }

    /// <summary>Numbers of all magnitudes from 2^minimumBits on, each as likely.</summary>
    private static IEnumerable<long> Random(ulong seed, int count, int minimumBits, int width) =>
        Words(seed, 2 * count).Chunk(2).Select(w =>
        {
            int e = minimumBits + (int)(w[0] % (ulong)(width - minimumBits));
            return (long)((1UL << e) | (w[1] & ((1UL << e) - 1)));
        });

    private static async Task CheckAsync(MpcProtocol protocol, long[] values, int width, int minimumBits, bool mayBeZero, bool squareRoot)
    {
        double[]?[][] all = await Cluster.Of(protocol).RunAsync(async session =>
        {
            // The product by one gives shares that are uniform.
            SecretTensor one = await RingAsync(session, [.. values.Select(_ => 1L)], owner: 1);
            SecretTensor x = await session.MultiplyAsync(await RingAsync(session, values), one, 0);
            NormalizingScale scale = await session.NormalizeAsync(x, width, minimumBits, mayBeZero, squareRoot);
            return new[]
            {
                await session.RevealAsync(scale.Scale),
                await session.RevealAsync(scale.NonZero),
                scale.Half is null ? null : await session.RevealAsync(scale.Half),
                scale.Odd is null ? null : await session.RevealAsync(scale.Odd),
            };
        });
        double[]?[] results = all[0];
        Assert.Equal(squareRoot, results[2] is not null);
        Assert.Equal(squareRoot, results[3] is not null);
        for (int i = 0; i < values.Length; i++)
        {
            int s = values[i] == 0 ? 0 : width - 1 - System.Numerics.BitOperations.Log2((ulong)values[i]);
            double present = values[i] == 0 ? 0 : 1;
            bool right = results[0]![i] == present * Math.ScaleB(1, s) && results[1]![i] == present
                && (!squareRoot || (results[2]![i] == present * Math.ScaleB(1, s / 2) && (values[i] == 0 || results[3]![i] == s % 2)));
            if (!right)
            {
                Assert.Fail($"{values[i]} on {width} bits from {minimumBits}: {results[0]![i]}, {results[1]![i]}, {results[2]?[i]}, {results[3]?[i]}.");
            }
        }
    }
}
