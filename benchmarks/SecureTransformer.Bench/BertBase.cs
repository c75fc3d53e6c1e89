using SecureTransformer.Architectures;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>One encoder block, or a model, with the shapes of BERT-base and random weights.</summary>
internal static class BertBase
{
    private const int Hidden = 768;
    private const int Heads = 12;
    private const int Intermediate = 3072;
    private const int Vocabulary = 30522;
    private const double Eps = 1e-12;

    /// <summary>A block on LayerNormed inputs.</summary>
    public static Workload Layer(int length, double weightScale)
    {
        using var random = new RandomValues(3);
        double[] queryKeyValue = random.Normal(Hidden * 3 * Hidden, weightScale);
        double head = Math.Sqrt(Hidden / Heads);
        for (int row = 0; row < Hidden; row++)
        {
            // 1/sqrt(d) is folded into the queries' weights.
            Span<double> query = queryKeyValue.AsSpan(row * 3 * Hidden, Hidden);
            System.Numerics.Tensors.TensorPrimitives.Divide(query, head, query);
        }

        return new Workload(
            [
                (new TensorShape(length, Hidden), Normalized(random.Normal(length * Hidden, 1), Hidden)),
                (new TensorShape(Hidden, 3 * Hidden), queryKeyValue),
                (new TensorShape(Hidden, Hidden), random.Normal(Hidden * Hidden, weightScale)),
                (new TensorShape(Hidden, Intermediate), random.Normal(Hidden * Intermediate, weightScale)),
                (new TensorShape(Intermediate, Hidden), random.Normal(Intermediate * Hidden, weightScale)),
            ],
            static (s, x) =>
            {
                var attention = new SecureAttention(Linear(s, x[1]), Linear(s, x[2]), Heads);
                var feedForward = new SecureFeedForward(Linear(s, x[3]), Gelu.Erf, Linear(s, x[4]));
                return Task.FromResult<object?>(new SecureTransformerBlock(attention, Norm(s), feedForward, Norm(s)));
            },
            static async (s, x, block) => await ((SecureTransformerBlock)block!).ForwardAsync(s, x[0]));
    }

    /// <summary>A classifier of some blocks; the result is its logits.</summary>
    public static Workload Model(int layers, int length, double weightScale)
    {
        var config = new BertConfig
        {
            VocabSize = Vocabulary,
            HiddenSize = Hidden,
            NumHiddenLayers = layers,
            NumAttentionHeads = Heads,
            IntermediateSize = Intermediate,
            MaxPositionEmbeddings = 512,
        };
        using var random = new RandomValues(4);
        double[] tokens = OneHot(random.Uniform(length, 0, Vocabulary), Vocabulary);
        double[] types = OneHot(new double[length], config.TypeVocabSize);
        return new Workload(
            [],
            async (s, _) =>
            {
                ulong seed = 100;
                return await new BertArchitecture(config).BuildAsync(
                    s,
                    (spec, ct) => s.InputAsync(0, spec.Shape, s.PartyId == 0 ? RandomWeights.Of(spec, seed++, weightScale) : default, cancellationToken: ct));
            },
            async (s, _, model) =>
            {
                using SecretTensor secretTokens = await s.InputAsync(0, new TensorShape(length, Vocabulary), tokens, 0);
                using SecretTensor secretTypes = await s.InputAsync(0, new TensorShape(length, config.TypeVocabSize), types, 0);
                return await ((BertClassifier)model!).ForwardAsync(s, new BertInput(secretTokens, secretTypes));
            });
    }

    private static SecureLinear Linear(MpcSession session, SecretTensor weight) => new(session.Pack(weight), null);

    private static SecureLayerNorm Norm(MpcSession session) =>
        new(session.Constant(new TensorShape(Hidden), 1), session.Constant(new TensorShape(Hidden), 0), Eps);

    private static double[] OneHot(double[] ids, int extent)
    {
        var rows = new double[ids.Length * extent];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[(i * extent) + (int)ids[i]] = 1;
        }

        return rows;
    }

    private static double[] Normalized(double[] values, int columns)
    {
        for (int row = 0; row < values.Length; row += columns)
        {
            Span<double> x = values.AsSpan(row, columns);
            double mean = System.Numerics.Tensors.TensorPrimitives.Sum<double>(x) / columns;
            System.Numerics.Tensors.TensorPrimitives.Subtract(x, mean, x);
            double deviation = Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(x) / columns);
            System.Numerics.Tensors.TensorPrimitives.Divide(x, deviation, x);
        }

        return values;
    }
}
