using System.Globalization;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;

namespace SecureTransformer.Bench;

/// <summary>Tokens of the shape of GPT-2 small as a client sees them: a prompt of 32 and its first token, and those after it.</summary>
internal static class Gpt2Tokens
{
    private const int Prompt = 32;
    private const int Later = 6;

    public static async Task<IReadOnlyList<TokenRow>> MeasureAsync(int layers, ClusterTransport transport)
    {
        Gpt2Config config = Decoders.Gpt2Small(layers);
        ulong seed = 500;
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            config, spec => RandomWeights.Reader(spec, seed++, 0.02), new LocalClusterOptions { Transport = transport, TransportOptions = new() { ReceiveTimeout = TimeSpan.FromMinutes(10) } });
        await using InferenceClient client = cluster.Connect();
        var rows = new List<TokenRow>();
        foreach (TokenSampling sampling in (TokenSampling[])[TokenSampling.Client, TokenSampling.Private])
        {
            Console.Error.WriteLine($"GPT-2 small, {transport}, sampling {sampling}");
            await GenerateAsync(client, config, sampling, 2);
            List<Cost> costs = await GenerateAsync(client, config, sampling, 1 + Later);
            string who = sampling == TokenSampling.Client ? "client" : "parties, on shares";
            string where = transport == ClusterTransport.Memory ? "memory" : "processes, TLS";
            Cost[] later = [.. costs.Skip(1).OrderBy(cost => cost.Seconds)];
            rows.Add(Row("32 in, 1 out", costs[0], 4, 1200));
            rows.Add(Row("one more", later[later.Length / 2], sampling == TokenSampling.Client ? 0.6 : 0.9, 150));

            TokenRow Row(string tokens, Cost cost, double seconds, double megabytes) => new(tokens, where, who, cost.Seconds, cost.BytesTotal, cost.RoundsTotal)
            {
                SecondsBar = transport == ClusterTransport.Memory ? seconds : null,
                MegabytesBar = transport == ClusterTransport.Memory ? megabytes : null,
            };
        }

        return rows;
    }

    private static async Task<List<Cost>> GenerateAsync(InferenceClient client, Gpt2Config config, TokenSampling sampling, int tokens)
    {
        int[] prompt = [.. Enumerable.Range(0, Prompt).Select(i => ((i * 4001) + 17) % config.VocabSize)];
        var costs = new List<Cost>();
        await foreach (GeneratedToken token in client.GenerateAsync(prompt, new GenerationOptions { MaxNewTokens = tokens, Sampling = sampling, Temperature = 1, EndTokenIds = [] }))
        {
            costs.Add(token.Cost);
        }

        return costs;
    }

    public static string Format(IReadOnlyList<TokenRow> rows)
    {
        var table = new MarkdownTable("tokens", "parties in", "chosen by", "seconds", "at most", "MB, all parties and the client", "at most", "rounds");
        foreach (TokenRow row in rows)
        {
            table.Add(
                row.Tokens, row.Transport, row.Sampling, Text($"{row.Seconds:F3}"), Text($"{row.SecondsBar}"), Text($"{row.Bytes / 1e6:N1}"), Text($"{row.MegabytesBar:N0}"), Text($"{row.Rounds}"));
        }

        return table.ToString();
    }

    private static string Text(FormattableString cell) => cell.ToString(CultureInfo.InvariantCulture);
}
