using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>What an operation sends, over all parties, and how many rounds it takes.</summary>
internal readonly record struct FunctionCost(long Bytes, int Rounds)
{
    /// <summary>Runs the operation on shared inputs and reads the meters before and after it.</summary>
    public static async Task<FunctionCost> MeasureAsync(
        MpcProtocol protocol, TensorShape shape, double[] x, Func<MpcSession, SecretTensor, Task> operation)
    {
        await using LocalParties parties = LocalParties.Create(protocol);
        var results = await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor input = await session.InputAsync(0, shape, x);
            int start = session.Meter.Clock;
            long bytes = session.Meter.BytesSentTotal;
            await operation(session, input);
            return (Bytes: session.Meter.BytesSentTotal - bytes, Start: start, End: session.Meter.Clock);
        });
        return new FunctionCost(results.Sum(r => r.Bytes), results.Max(r => r.End) - results.Max(r => r.Start));
    }
}
