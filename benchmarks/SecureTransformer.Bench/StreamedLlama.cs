using System.Globalization;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Bench;

/// <summary>
/// A Llama of 1.1 billion random weights between processes over TLS, which read their shares from files as they compute: a prompt in, one token out, chosen by the client.
/// </summary>
internal static class StreamedLlama
{
    public const int Layers = 22;
    public const int Tokens = 8;

    public static LlamaConfig Config(int layers) => new()
    {
        VocabSize = 32_000,
        HiddenSize = 2048,
        NumHiddenLayers = layers,
        NumAttentionHeads = 32,
        NumKeyValueHeads = 4,
        IntermediateSize = 5632,
        MaxPositionEmbeddings = 2048,
        HiddenAct = Activation.Silu,
        RmsNormEps = 1e-5,
        TieWordEmbeddings = false,
    };

    public static async Task RunAsync(int layers, int tokens, double weightScale, int repetitions, string? directory, BenchOptions options)
    {
        LlamaConfig config = Config(layers);
        DirectoryInfo? made = directory is null ? Directory.CreateTempSubdirectory("secure-transformer-bench-") : null;
        var cluster = new LocalClusterOptions
        {
            Protocol = options.Protocol,
            Parties = options.Parties,
            Threshold = options.Threshold,
            FractionalBits = options.FractionalBits,
            Transport = options.Transport == BenchTransport.Memory ? ClusterTransport.Memory : ClusterTransport.Tcp,
            TransportOptions = new() { ReceiveTimeout = TimeSpan.FromMinutes(10) },
            ShareDirectory = directory ?? made!.FullName,
        };
        try
        {
            long weights = ModelArchitecture.Create(config).Weights.Sum(w => (long)w.Shape.Count);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"llama, {layers} layers, {weights:N0} weights, {tokens} tokens"));
            ulong seed = 300;
            await using LocalCluster parties = await LocalCluster.StartAsync(config, spec => RandomWeights.Reader(spec, seed++, weightScale), cluster, new Steps());
            string[] files = [.. Directory.GetFiles(cluster.ShareDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
            Show($"setup {parties.SetupSeconds:F1} s; share files by party, MB: {string.Join(", ", files.Select(f => $"{new FileInfo(f).Length / 1e6:F1}"))}");
            await using InferenceClient client = parties.Connect();
            int[] prompt = [.. Enumerable.Range(0, tokens).Select(i => (i * 4001 + 17) % config.VocabSize)];
            for (int run = -1; run < repetitions; run++)
            {
                await foreach (GeneratedToken token in client.GenerateAsync(prompt, new GenerationOptions { MaxNewTokens = 1, EndTokenIds = [] }))
                {
                    Cost cost = token.Cost;
                    Show($"{(run < 0 ? "warm-up" : "run")}: token {token.Id}, {cost.SecondsOnline:F2} s, {(cost.BytesTotal - cost.BytesOffline) / 1e6:F1} MB over all parties, {cost.RoundsTotal} rounds, offline {cost.SecondsOffline:F2} s, {cost.BytesOffline / 1e6:F1} MB, set-up {cost.BytesByPhase[TrafficPhase.Setup] / 1e6:F1} MB, peak memory by party, MB: {string.Join(", ", cost.PeakMemoryByParty.Select(b => $"{b / 1e6:F0}"))}");
                }
            }
        }
        finally
        {
            made?.Delete(recursive: true);
        }

        static void Show(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private sealed class Steps : IProgress<InferenceProgress>
    {
        private int _shown = -1;

        public void Report(InferenceProgress value)
        {
            int tenth = (int)((value.Fraction ?? 0) * 10);
            if (tenth > _shown)
            {
                _shown = tenth;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Stage} {tenth * 10} %"));
            }
        }
    }
}
