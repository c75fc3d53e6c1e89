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
}
