using System.Globalization;
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

    /// <summary>A block on LayerNormed inputs, with the functions of a preset.</summary>
    public static Workload Layer(int length, double weightScale, string nonlinear)
    {
        BlockFunctions functions = NonlinearFunctions.Load(nonlinear).For(Config(1)).Blocks[0];
        return new Workload(
            [
                new(new TensorShape(length, Hidden), () => Normalized(Normal(length * Hidden, 1, 30), Hidden)),
                new(new TensorShape(Hidden, 3 * Hidden), () => QueryKeyValue(weightScale)),
                new(new TensorShape(Hidden, Hidden), () => Normal(Hidden * Hidden, weightScale, 32)),
                new(new TensorShape(Hidden, Intermediate), () => Normal(Hidden * Intermediate, weightScale, 33)),
                new(new TensorShape(Intermediate, Hidden), () => Normal(Intermediate * Hidden, weightScale, 34)),
            ],
            (s, x) =>
            {
                var attention = new SecureAttention(Linear(s, x[1]), Linear(s, x[2]), Heads, functions.Attention);
                var feedForward = new SecureFeedForward(Linear(s, x[3]), functions.Activation, Linear(s, x[4]));
                return Task.FromResult<object?>(new SecureTransformerBlock(attention, Norm(s), feedForward, Norm(s)));
            },
            static async (s, x, block) => await ((SecureTransformerBlock)block!).ForwardAsync(s, x[0]));
    }

    /// <summary>A classifier of some blocks; the result is its logits. Compared are the last hidden state, of the row that the classifier reads, and the logits.</summary>
    public static Workload Model(int layers, int length, double weightScale)
    {
        BertConfig config = Config(layers);
        return new Workload(
            [],
            async (s, _) =>
            {
                ulong seed = 100;
                SecureModel model = await new BertArchitecture(config).BuildAsync(
                    s,
                    (spec, ct) => RandomWeights.ShareAsync(s, spec, seed++, weightScale, ct));
                return new Classifier((BertClassifier)model, length, s.PartyId == 0);
            },
            async (s, _, classifier) => await ((Classifier)classifier!).ForwardAsync(s, null))
        {
            Check = async (s, _, classifier) =>
            {
                double[] hidden = [];
                string last = string.Create(CultureInfo.InvariantCulture, $"encoder.layer.{layers - 1}");
                using SecretTensor logits = await ((Classifier)classifier!).ForwardAsync(s, async (name, tensor) => hidden = name == last ? await s.RevealAsync(tensor) : hidden);
                return [.. hidden, .. await s.RevealAsync(logits)];
            },
            Parts = [("last hidden state", Hidden), ("logits", config.NumLabels)],
            IsCompared = weightScale != 0,
        };
    }

    /// <summary>BERT-base, or fewer blocks of it.</summary>
    public static BertConfig Config(int layers) => new()
    {
        VocabSize = Vocabulary,
        HiddenSize = Hidden,
        NumHiddenLayers = layers,
        NumAttentionHeads = Heads,
        IntermediateSize = Intermediate,
        MaxPositionEmbeddings = 512,
    };

    private static double[] QueryKeyValue(double weightScale)
    {
        double[] values = Normal(Hidden * 3 * Hidden, weightScale, 31);
        double head = Math.Sqrt(Hidden / Heads);
        for (int row = 0; row < Hidden; row++)
        {
            // 1/sqrt(d) is folded into the queries' weights.
            Span<double> query = values.AsSpan(row * 3 * Hidden, Hidden);
            System.Numerics.Tensors.TensorPrimitives.Divide(query, head, query);
        }

        return values;
    }

    private static double[] Normal(int count, double deviation, ulong seed)
    {
        using var random = new RandomValues(seed);
        return random.Normal(count, deviation);
    }

    private static double[] Uniform(int count, double high)
    {
        using var random = new RandomValues(4);
        return random.Uniform(count, 0, high);
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

    /// <summary>A model and, at the party that knows it, a text.</summary>
    private sealed class Classifier(BertClassifier model, int length, bool knowsText) : IDisposable
    {
        private readonly double[] _tokens = knowsText ? OneHot(Uniform(length, Vocabulary), Vocabulary) : [];
        private readonly double[] _types = knowsText ? OneHot(new double[length], model.Config.TypeVocabSize) : [];

        public async Task<SecretTensor> ForwardAsync(MpcSession s, TensorObserver? observe)
        {
            using SecretTensor tokens = await s.InputAsync(0, new TensorShape(length, Vocabulary), _tokens, 0);
            using SecretTensor types = await s.InputAsync(0, new TensorShape(length, model.Config.TypeVocabSize), _types, 0);
            return await model.ForwardAsync(s, new BertInput(tokens, types), observe);
        }

        public void Dispose() => model.Dispose();
    }
}
