using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Runs a program on all parties of a protocol and checks that nothing is left behind.</summary>
internal static class Programs
{
    public static async Task<double[]> RunAsync(
        MpcProtocol protocol, Func<MpcSession, ValueTask<SecretTensor>> program, SessionOptions? options = null, int? count = null)
    {
        await using LocalParties parties = LocalParties.Create(protocol, options, parties: count);
        return await RunAsync(parties, program);
    }

    public static async Task<double[]> RunAsync(LocalParties parties, Func<MpcSession, ValueTask<SecretTensor>> program)
    {
        double[][] results = await parties.RunAsync(async session =>
        {
            double[] values;
            using (session.BeginScope())
            {
                values = await session.RevealAsync(await program(session));
            }

            Assert.Equal(0, session.OutstandingBuffers);
            return values;
        });
        Assert.All(results, r => Assert.Equal(results[0], r));
        return results[0];
    }

    public static async Task<double[]> EvaluateAsync(MpcProtocol protocol, SecretFunction function, double[] x, SessionOptions? options = null, int? count = null)
    {
        await using LocalParties parties = LocalParties.Create(protocol, options, parties: count);
        return await EvaluateAsync(parties, function, x);
    }

    public static Task<double[]> EvaluateAsync(LocalParties parties, SecretFunction function, double[] x) =>
        RunAsync(parties, async session => await session.EvaluateAsync(function, await session.InputAsync(session.PartyCount - 1, new TensorShape(x.Length), x)));
}
