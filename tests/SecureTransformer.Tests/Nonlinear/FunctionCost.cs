using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Nonlinear;

/// <summary>What an operation sends, over all parties, how many rounds it takes, and what a dealer is told and gives for it.</summary>
internal readonly record struct FunctionCost(long Bytes, int Rounds, long OfflineBytes = 0)
{
    /// <summary>Runs the operation on shared inputs and reads the meters before and after it.</summary>
    public static async Task<FunctionCost> MeasureAsync(
        MpcProtocol protocol, TensorShape shape, double[] x, Func<MpcSession, SecretTensor, Task> operation, int? count = null, int? threshold = null)
    {
        long offline = 0;
        var transport = new TransportOptions { FrameObserver = (in ObservedFrame frame) => Interlocked.Add(ref offline, frame.Phase == TrafficPhase.Offline ? frame.Payload.Length : 0) };
        await using LocalParties parties = LocalParties.Create(protocol, new SessionOptions { Threshold = threshold }, transport, count);
        var results = await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope();
            SecretTensor input = await session.InputAsync(0, shape, x);
            int start = session.Meter.Clock;
            long bytes = Online(session.Meter);
            await operation(session, input);
            return (Bytes: Online(session.Meter) - bytes, Start: start, End: session.Meter.Clock);
        });
        return new FunctionCost(results.Sum(r => r.Bytes), results.Max(r => r.End) - results.Max(r => r.Start), offline);

        static long Online(TrafficMeter meter) => meter.BytesSentTotal - meter.BytesSent(TrafficPhase.Offline);
    }
}
