using System.Globalization;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Figures as the sections of docs/performance.md.</summary>
internal static class PerformanceReport
{
    /// <summary>The sections that were measured, by name.</summary>
    public static IEnumerable<(string Name, string Text)> Sections(PerformanceFigures figures, PerformancePlan plan)
    {
        yield return ("machine", figures.Machine.ToMarkdown());
        if (figures.Rates is { } rates)
        {
            yield return ("rates", RatesOf(rates));
            if (figures.Budget is { } budget)
            {
                yield return ("budget", $"BERT-base, {plan.Layers} blocks, 128 tokens:\n\n{BudgetTable.Format(budget, rates, tls: false)}");
            }
        }

        if (figures.Bert is { } bert)
        {
            yield return ("bert", BertOf(bert, plan.Layers));
        }

        if (figures.Memory is { } memory)
        {
            yield return ("memory", BenchTable.Format(memory, new BenchOptions()));
        }

        if (figures.Processes is { } processes)
        {
            yield return ("processes", BenchTable.Format(processes, new BenchOptions { Transport = BenchTransport.Processes }));
        }

        if (figures.Block is { } block)
        {
            yield return ("allocations", AllocationsOf(block));
        }

        if (figures.Growth is { } growth)
        {
            yield return ("growth", Text($"BERT-base, {plan.Layers} blocks; set-up {figures.GrowthSetupSeconds:F0} s:\n\n{Growth.Format(growth)}"));
        }

        if (figures.Tokens is { } tokens)
        {
            yield return ("tokens", $"The shape of GPT-2 small, {plan.Layers} blocks:\n\n{Gpt2Tokens.Format(tokens)}");
        }

        if (figures.Networks is { } networks)
        {
            yield return ("networks", EmulatedNetworks.Format(networks));
        }
    }

    private static string RatesOf(MeasuredRates rates)
    {
        var table = new MarkdownTable("", "one core", "all cores");
        Add("register tile on data in the first-level cache, 10^9 multiply-adds/s", new CoreRate(rates.Tile, double.NaN));
        Add("product of matrices 1024^3, 10^9 multiply-adds/s", rates.Kernel);
        Add("product of matrices 128x768 . 768x3072, 10^9 multiply-adds/s", rates.BertKernel);
        Add("products of 64-bit words, element by element, in cache, 10^9/s", rates.Products);
        Add("AES-128 in counter mode, GB/s", rates.Aes);
        Add("copy between arrays that no cache holds, GB/s", rates.Copy);
        var channels = new MarkdownTable("three parties, each sending to the next at once", "GB/s, all together", "microseconds a round");
        AddChannel("channels in memory", rates.Memory);
        AddChannel("processes over TLS on loopback", rates.Tls);
        return $"{table}\n{channels}";

        void Add(string what, CoreRate rate) => table.Add(what, Text($"{rate.OneCore / 1e9:F1}"), double.IsNaN(rate.AllCores) ? "" : Text($"{rate.AllCores / 1e9:F1}"));

        void AddChannel(string what, ChannelRate rate) => channels.Add(what, Text($"{rate.BytesPerSecond / 1e9:F2}"), Text($"{rate.RoundSeconds * 1e6:F1}"));
    }

    private static string BertOf(BenchResult bert, int layers)
    {
        var table = new MarkdownTable("", "measured", "at most", "aim");
        table.Add("seconds", Text($"{bert.OnlineSeconds:F2}"), "10", "4");
        table.Add("GB, all parties", Text($"{bert.OnlineBytes / 1e9:F3}"), "3.5", "2");
        table.Add("rounds", Text($"{bert.Rounds}"), "", "");
        table.Add("largest error of the last hidden state", Text($"{bert.MaxAbsErrorByPart["last hidden state"]:E1}"), "0.05", "");
        table.Add("largest error of a logit", Text($"{bert.MaxAbsErrorByPart["logits"]:E1}"), "", "");
        return Text($"BERT-base, {layers} blocks, 128 tokens, three parties in memory, median of {bert.Repetitions}:\n\n{table}");
    }

    private static string AllocationsOf(BenchResult block) => Text(
        $"A warm run of a BERT-base block at 128 tokens, three parties in memory, takes {block.AllocatedBytes / 1e6:F2} MB from the garbage-collected heap and moves {block.OnlineBytes / 1e6:F1} MB: {(double)block.AllocatedBytes / block.OnlineBytes:P2} (bar: 1%).\n");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
