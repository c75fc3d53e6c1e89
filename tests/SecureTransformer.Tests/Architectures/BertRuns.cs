using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Architectures;

/// <summary>What a run of one case gave.</summary>
internal sealed record BertResult(double[] Logits, IReadOnlyDictionary<string, double[]> Seen, TrafficSnapshot Traffic);

/// <summary>Loads BERT models from values in the clear, and runs cases on any protocol.</summary>
internal static class BertRuns
{
    public static string TriageDirectory => Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");

    public static ModelArchitecture Triage => ModelArchitecture.Create(ModelConfig.FromDirectory(TriageDirectory));

    public static Func<WeightSpec, double[]> TriageWeights()
    {
        var weights = ModelWeights.Open(TriageDirectory);
        return spec =>
        {
            double[] values = new double[spec.Shape.Count];
            WeightSource.Reader(weights, spec)(0, values);
            return values;
        };
    }

    public static async Task<BertClassifier> LoadAsync(MpcSession session, ModelArchitecture architecture, Func<WeightSpec, double[]> values)
    {
        var model = (BertClassifier)await architecture.BuildAsync(session, (spec, ct) => session.InputAsync(0, spec.Shape, values(spec), cancellationToken: ct));
        await session.PrepareMatricesAsync();
        return model;
    }

    public static async Task<BertInput> InputAsync(MpcSession session, BertConfig config, BertCase item) => new(
        await session.InputAsync(0, new TensorShape(item.Length, config.VocabSize), OneHot(item.InputIds, config.VocabSize), 0),
        await session.InputAsync(0, new TensorShape(item.Length, config.TypeVocabSize), OneHot(item.TokenTypes, config.TypeVocabSize), 0),
        attentionMask: item.Mask)
    {
        ComputePadding = item.ComputePadding,
    };

    /// <summary>Runs the cases one after another with the same weights; what party 0 saw.</summary>
    public static async Task<BertResult[]> RunAsync(
        MpcProtocol protocol, ModelArchitecture architecture, Func<WeightSpec, double[]> values, IEnumerable<BertCase> cases, bool observe = false,
        IReadOnlyList<IPartyEndpoint>? endpoints = null, int? count = null, int? threshold = null)
    {
        await using LocalParties parties = endpoints is null ? LocalParties.Create(protocol, new SessionOptions { Threshold = threshold }, parties: count) : LocalParties.Create(protocol, endpoints);
        return await RunAsync(parties, architecture, values, cases, observe);
    }

    public static async Task<BertResult[]> RunAsync(
        LocalParties parties, ModelArchitecture architecture, Func<WeightSpec, double[]> values, IEnumerable<BertCase> cases, bool observe = false)
    {
        BertResult[][] results = await parties.RunAsync(async session =>
        {
            using BertClassifier model = await LoadAsync(session, architecture, values);
            var mine = new List<BertResult>();
            foreach (BertCase item in cases)
            {
                var seen = new Dictionary<string, double[]>();
                TensorObserver? observer = observe ? async (name, tensor) => seen.Add(name, await session.RevealAsync(tensor)) : null;
                using SessionScope scope = session.BeginScope();
                BertInput input = await InputAsync(session, model.Config, item);
                TrafficSnapshot before = session.Meter.Snapshot();
                SecretTensor logits = await model.ForwardAsync(session, input, observer);
                TrafficSnapshot traffic = session.Meter.Snapshot() - before;
                mine.Add(new BertResult(await session.RevealAsync(logits), seen, traffic));
            }

            return mine.ToArray();
        });
        return results[0];
    }

    public static double[] OneHot(int[] ids, int size)
    {
        double[] rows = new double[ids.Length * size];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[(i * size) + ids[i]] = 1;
        }

        return rows;
    }

    public static double LargestDifference(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        return expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
    }

    public static int Top(double[] logits) => Array.IndexOf(logits, logits.Max());
}
