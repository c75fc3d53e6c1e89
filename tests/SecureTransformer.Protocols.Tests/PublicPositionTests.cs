namespace SecureTransformer.Protocols.Tests;

public class PublicPositionTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task Gather_picks_repeats_and_zeroes(MpcProtocol protocol)
    {
        await using LocalParties parties = LocalParties.Create(protocol);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor x = await session.InputAsync(0, new TensorShape(2, 3), new double[] { 1, 2, 3, 4, 5, 6 });
            Assert.Throws<ArgumentException>(() => session.Gather(x, [0], new TensorShape(2)));
            Assert.Throws<ArgumentOutOfRangeException>(() => session.Gather(x, [6], new TensorShape(1)));
            Assert.Throws<ArgumentOutOfRangeException>(() => session.Gather(x, [-2], new TensorShape(1)));
            return await session.RevealAsync(session.Gather(x, [5, -1, 0, 0], new TensorShape(2, 2)));
        });
        Assert.All(results, r => Assert.Equal([6.0, 0, 1, 1], r));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task Comparisons_with_powers_of_two_are_right_at_the_edges(MpcProtocol protocol)
    {
        const int Width = 62;
        double[] x = [0, 1, 2, 3, 4, 7, 8, Math.ScaleB(1, 52) - 1, Math.ScaleB(1, 52), Math.ScaleB(1, 61) - 1024, Math.ScaleB(1, 61)];
        await using LocalParties parties = LocalParties.Create(protocol);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor input = await session.InputAsync(0, new TensorShape(x.Length), x, 0);
            SecretTensor bits = await session.CompareToPowersOfTwoAsync(input, 0, Width);
            Assert.Equal(new TensorShape(x.Length, Width), bits.Shape);
            return await session.RevealAsync(bits);
        });
        Assert.All(results, r => Assert.All(
            Enumerable.Range(0, r.Length), i => Assert.Equal(x[i / Width] >= Math.ScaleB(1, i % Width) ? 1 : 0, r[i])));
    }
}
