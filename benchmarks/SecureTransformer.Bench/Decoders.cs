using System.Globalization;
using System.Text;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Decoders with random weights: a prompt and its first token, and single tokens behind caches of several lengths.</summary>
internal static class Decoders
{
    private static readonly int[] s_cached = [16, 64, 256];

    /// <summary>The shape of GPT-2 small, or fewer blocks of it.</summary>
    public static Gpt2Config Gpt2Small(int layers) => new()
    {
        VocabSize = 50_257,
        HiddenSize = 768,
        NumHiddenLayers = layers,
        NumAttentionHeads = 12,
        IntermediateSize = 3072,
        MaxPositionEmbeddings = 1024,
        HiddenAct = Activation.GeluTanh,
        TieWordEmbeddings = true,
    };

    /// <summary>A prompt in, one token out, chosen on shares; the result is the logits it was chosen by.</summary>
    public static Workload FirstToken(DecoderConfig config, int length, double weightScale) => new(
        [],
        async (s, _) => new Prompt(await BuildAsync(s, config, weightScale), OneHot(s, config, length)),
        async (s, _, built) =>
        {
            (DecoderModel model, double[] rows) = (Prompt)built!;
            using KeyValueCache cache = model.CreateCache(s);
            using SecretTensor tokens = await s.InputAsync(0, new TensorShape(length, config.VocabSize), rows, 0);
            SecretTensor logits = await model.ForwardAsync(s, tokens, cache.Begin([length]));
            using SecretToken token = await PrivateChoice.GreedyAsync(s, logits);
            return logits;
        })
    {
        IsCompared = weightScale != 0,
    };

    /// <summary>One more token behind a cache; the result is the logits of the next, which is chosen on shares.</summary>
    public static Workload NextToken(DecoderConfig config, int cached, double weightScale) => new(
        [],
        async (s, _) =>
        {
            DecoderModel model = await BuildAsync(s, config, weightScale);
            var decoding = new Decoding(model, model.CreateCache(s));
            using SecretTensor tokens = await TokensAsync(s, config, cached);
            using SecretTensor logits = await model.ForwardAsync(s, tokens, decoding.Cache.Begin([cached]));
            decoding.Next = await TokensAsync(s, config, 1);
            return decoding;
        },
        async (s, _, built) =>
        {
            var decoding = (Decoding)built!;
            decoding.Cache.Truncate(0, cached);
            SecretTensor logits = await decoding.Model.ForwardAsync(s, decoding.Next!, decoding.Cache.Begin([1]));
            using SecretToken token = await PrivateChoice.GreedyAsync(s, logits);
            return logits;
        })
    {
        IsCompared = weightScale != 0,
    };

    /// <summary>What a token costs behind caches of several lengths, and how much of it is the attention's, as declared.</summary>
    public static async Task<string> TableAsync(DecoderConfig config, double weightScale, BenchOptions options)
    {
        var text = new StringBuilder();
        text.Append("| cached tokens | seconds | bytes, all parties | of them in attention | elsewhere | rounds | largest error | offline: seconds | bytes |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (int cached in s_cached)
        {
            Console.Error.WriteLine($"{cached} cached tokens");
            BenchResult result = await Measurement.RunAsync(Workloads.NextToken(config.NumHiddenLayers, cached, weightScale), options);
            long attention = await AttentionBytesAsync(config, cached, options);
            text.Append(CultureInfo.InvariantCulture, $"| {cached} | {result.OnlineSeconds:F3} | {result.OnlineBytes:N0} | {attention:N0} | {result.OnlineBytes - attention:N0} | {result.Rounds} | {result.MaxAbsError:E1} | {result.OfflineSeconds:F3} | {result.OfflineBytes:N0} |\n");
        }

        BenchResult choice = await Measurement.RunAsync("choice/1", options);
        text.Append(CultureInfo.InvariantCulture, $"\nOf these, choosing the token on shares takes {choice.Rounds} rounds and {choice.OnlineBytes:N0} bytes by itself.\n");
        return text.ToString();
    }

    private static async Task<long> AttentionBytesAsync(DecoderConfig config, int cached, BenchOptions options)
    {
        await using var session = EstimatingSession.Create(options.Protocol, new SessionOptions { FractionalBits = options.FractionalBits, Threshold = options.Threshold }, options.Parties);
        using var model = (DecoderModel)await ModelArchitecture.Create(config).BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Placeholder(spec.Shape)));
        using KeyValueCache cache = model.CreateCache(session);
        await model.ForwardAsync(session, session.Placeholder(new TensorShape(cached, config.VocabSize), 0), cache.Begin([cached]));
        long before = Sum();
        await model.ForwardAsync(session, session.Placeholder(new TensorShape(1, config.VocabSize), 0), cache.Begin([1]));
        return Sum() - before;

        long Sum() => session.ByScope.Where(scope => scope.Key.EndsWith("/attention", StringComparison.Ordinal)).Sum(scope => scope.Value.Bytes);
    }

    private static async Task<DecoderModel> BuildAsync(MpcSession session, DecoderConfig config, double weightScale)
    {
        ulong seed = 200;
        return (DecoderModel)await ModelArchitecture.Create(config).BuildAsync(
            session,
            (spec, ct) => RandomWeights.ShareAsync(session, spec, seed++, weightScale, ct));
    }

    private static async Task<SecretTensor> TokensAsync(MpcSession s, DecoderConfig config, int length) =>
        await s.InputAsync(0, new TensorShape(length, config.VocabSize), OneHot(s, config, length), 0);

    /// <summary>One-hot rows of random tokens, at the party that knows them.</summary>
    private static double[] OneHot(MpcSession s, DecoderConfig config, int length)
    {
        if (s.PartyId != 0)
        {
            return [];
        }

        var rows = new double[length * config.VocabSize];
        using var random = new RandomValues((ulong)length);
        double[] ids = random.Uniform(length, 0, config.VocabSize);
        for (int i = 0; i < length; i++)
        {
            rows[(i * config.VocabSize) + (int)ids[i]] = 1;
        }

        return rows;
    }

    private sealed record Prompt(DecoderModel Model, double[] Rows) : IDisposable
    {
        public void Dispose() => Model.Dispose();
    }

    private sealed class Decoding(DecoderModel model, KeyValueCache cache) : IDisposable
    {
        public DecoderModel Model => model;

        public KeyValueCache Cache => cache;

        public SecretTensor? Next { get; set; }

        public void Dispose()
        {
            Next?.Dispose();
            cache.Dispose();
            model.Dispose();
        }
    }
}
