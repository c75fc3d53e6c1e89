using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Architectures;

/// <summary>What a dry run of a classification declares is what is sent, online and between the parties and their dealer.</summary>
public sealed class BertCostTests
{
    private static readonly ModelArchitecture s_architecture = RandomBert.Architecture();
    private static readonly BertCase s_case = RandomBert.Cases(7401)[3];

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    [InlineData(MpcProtocol.Additive, 5)]
    public async Task A_pass_costs_what_was_declared(MpcProtocol protocol, int? count = null)
    {
        OperationCost declared = await DeclaredAsync(protocol, count);
        OperationCost one = await MeasureAsync(protocol, count, passes: 1);
        OperationCost two = await MeasureAsync(protocol, count, passes: 2);
        Assert.Equal((declared.Bytes, declared.OfflineBytes), (two.Bytes - one.Bytes, two.OfflineBytes - one.OfflineBytes));
        Assert.InRange(two.Rounds - one.Rounds, 1, declared.Rounds);
        Assert.Equal(protocol == MpcProtocol.Additive, declared.OfflineBytes > 0);
    }

    private static async Task<OperationCost> DeclaredAsync(MpcProtocol protocol, int? count)
    {
        await using EstimatingSession session = EstimatingSession.Create(protocol, parties: count);
        using var model = (BertClassifier)await s_architecture.BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Placeholder(spec.Shape)));
        BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
        OperationCost before = session.Total;
        await model.ForwardAsync(session, input);
        return new OperationCost(session.Total.Rounds - before.Rounds, session.Total.Bytes - before.Bytes, session.Total.OfflineBytes - before.OfflineBytes);
    }

    private static async Task<OperationCost> MeasureAsync(MpcProtocol protocol, int? count, int passes)
    {
        long offline = 0;
        var transport = new TransportOptions { FrameObserver = (in ObservedFrame frame) => Interlocked.Add(ref offline, frame.Phase == TrafficPhase.Offline ? frame.Payload.Length : 0) };
        Func<WeightSpec, double[]> weights = RandomBert.Weights(s_architecture, 7401);
        await using LocalParties parties = LocalParties.Create(protocol, transport: transport, parties: count);
        TrafficSnapshot[] spent = await parties.RunAsync(async session =>
        {
            using BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, weights);
            BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
            TrafficSnapshot before = session.Meter.Snapshot();
            for (int i = 0; i < passes; i++)
            {
                (await model.ForwardAsync(session, input)).Dispose();
            }

            return session.Meter.Snapshot() - before;
        });
        return new OperationCost(spent.Max(s => s.Rounds(TrafficPhase.Online)), spent.Sum(s => s.BytesSentTotal - s.BytesSent(TrafficPhase.Offline)), offline);
    }
}
