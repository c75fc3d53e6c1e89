namespace SecureTransformer.Protocols.Tests;

public class LocalPartiesTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task A_users_program_squares_a_secret(MpcProtocol protocol)
    {
        await using var parties = LocalParties.Create(protocol);
        double[][] results = await parties.RunAsync(async session =>
        {
            SecretTensor x = await session.InputAsync(0, new TensorShape(2), new[] { 1.5, -3.0 });
            return await session.RevealAsync(await session.SquareAsync(x));
        });
        Assert.All(results, r => Assert.Equal([2.25, 9.0], r.Select(v => Math.Round(v, 4))));
    }
}
