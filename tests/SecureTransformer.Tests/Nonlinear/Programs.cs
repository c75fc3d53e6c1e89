using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Runs a program on all parties of a protocol and checks that nothing is left behind.</summary>
internal static class Programs
{
    public static async Task<double[]> RunAsync(MpcProtocol protocol, Func<MpcSession, ValueTask<SecretTensor>> program, SessionOptions? options = null)
    {
        await using LocalParties parties = LocalParties.Create(protocol, options);
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

    public static Task<double[]> EvaluateAsync(MpcProtocol protocol, SecretFunction function, double[] x, SessionOptions? options = null) =>
        RunAsync(protocol, async session => await session.EvaluateAsync(function, await session.InputAsync(0, new TensorShape(x.Length), x)), options);
}
