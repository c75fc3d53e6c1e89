namespace SecureTransformer.Protocols.Tests;

public class GatherRowsTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task Rows_come_in_the_order_asked_for(MpcProtocol protocol)
    {
        await using var parties = LocalParties.Create(protocol);
        (double[] Values, TensorShape Shape, int Bits)[] results = await parties.RunAsync(async session =>
        {
            double[] values = [.. Enumerable.Range(0, 24).Select(i => (double)i)];
            SecretTensor x = await session.InputAsync(0, new TensorShape(4, 3, 2), values, 7);
            SecretTensor y = session.GatherRows(x, 3, 0, 0);
            x.Dispose();
            return (await session.RevealAsync(y), y.Shape, y.FractionalBits);
        });
        Assert.All(results, r =>
        {
            Assert.Equal([18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], r.Values);
            Assert.Equal(new TensorShape(3, 3, 2), r.Shape);
            Assert.Equal(7, r.Bits);
        });
    }

    [Fact]
    public async Task Wrong_rows_are_refused()
    {
        await using var session = new PlaintextSession();
        SecretTensor x = session.Constant(new TensorShape(4, 3), 1);
        Assert.Throws<ArgumentOutOfRangeException>("rows", () => session.GatherRows(x, 1, 4));
        Assert.Throws<ArgumentOutOfRangeException>("rows", () => session.GatherRows(x, -1));
        Assert.Throws<ArgumentException>("rows", () => session.GatherRows(x));
        Assert.Throws<ArgumentException>("rows", () => session.GatherRows(session.Constant(new TensorShape(), 1), 0));
        Assert.Equal(2, session.OutstandingBuffers);
    }
}
