using SecureTransformer.Protocols;
using SecureTransformer.Protocols.Tests;
using SecureTransformer.Transport;

namespace SecureTransformer.Architectures;

/// <summary>What a private inference sends does not depend on the text or the weights: sizes, order, distribution.</summary>
public sealed class BertTraceTests
{
    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Frames_of_an_inference_are_the_same_for_all_texts_and_weights_and_look_random(MpcProtocol protocol)
    {
        ModelArchitecture architecture = RandomBert.Architecture();
        FrameTrace first = await TraceAsync(protocol, architecture, 7501, 7502);
        FrameTrace otherText = await TraceAsync(protocol, architecture, 7501, 7503);
        FrameTrace otherWeights = await TraceAsync(protocol, architecture, 7504, 7502);
        FrameTrace again = await TraceAsync(protocol, architecture, 7501, 7502);
        foreach (FrameTrace trace in new[] { otherText, otherWeights, again })
        {
            Assert.Equal(first.Layout.Keys, trace.Layout.Keys);
            foreach ((string link, string[] frames) in first.Layout)
            {
                Assert.Equal(frames, trace.Layout[link]);
            }

            Assert.Empty(trace.Problems());
            Assert.Empty(first.InCommon(trace));
        }

        Assert.Empty(first.Problems());
    }

    private static async Task<FrameTrace> TraceAsync(MpcProtocol protocol, ModelArchitecture architecture, ulong weights, ulong text)
    {
        var trace = new FrameTrace();
        BertCase item = RandomBert.Cases(text)[^1];
        Func<WeightSpec, double[]> values = RandomBert.Weights(architecture, weights);
        await using var parties = LocalParties.Create(protocol, transport: new TransportOptions { FrameObserver = trace.Observe });
        await parties.RunAsync(async session =>
        {
            using BertClassifier model = await BertRuns.LoadAsync(session, architecture, values);
            BertInput input = await BertRuns.InputAsync(session, model.Config, item);

            // Twice, so that every kind of frame has the bytes that a judgement of their distribution needs.
            for (int request = 0; request < 2; request++)
            {
                await session.RevealToAsync(await model.ForwardAsync(session, input), 0);
            }
        });
        return trace;
    }
}
