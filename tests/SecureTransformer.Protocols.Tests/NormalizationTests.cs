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
                await session.RevealAsync(scale.Scale), await session.RevealAsync(scale.Half), await session.RevealAsync(scale.Odd), await session.RevealAsync(scale.NonZero),
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
}
