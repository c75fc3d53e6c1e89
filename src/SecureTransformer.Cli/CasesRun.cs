using System.Globalization;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli;

/// <summary>Runs the cases of a file one after another, each kind after one that warms up and is not reported, unless that would use up stored material.</summary>
internal sealed class CasesRun(Connection parties, InferReport report, TokenSampling sampling, ConsoleProgress progress)
{
    private readonly InferenceClient _client = parties.Client;

    public async Task RunAsync(CasesFile file, CancellationToken cancellationToken)
    {
        if (_client.Config is not DecoderConfig)
        {
            if (file.Generations.Count > 0)
            {
                Console.Error.WriteLine($"note: the model classifies; the file's {file.Generations.Count} generations are not run");
            }

            await ClassifyAsync(file.Cases, cancellationToken);
            return;
        }

        await NextTokensAsync(file.Cases, cancellationToken);
        await ContinueAsync(file.Generations, cancellationToken);
    }

    private async Task ClassifyAsync(IReadOnlyList<(string Name, ClassificationInput Input)> cases, CancellationToken cancellationToken)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"case",-28} {"label",-16} {"seconds",8} {"MB",9} {"rounds",7}{OfflineHead}"));
        for (int i = 0; i < cases.Count; i++)
        {
            if (i == 0 && !parties.HasMaterial)
            {
                progress.Report(new InferenceProgress("warming up"));
                parties.Profile?.Expect(isReported: false);
                await _client.ClassifyAsync(cases[0].Input, null, cancellationToken);
            }

            progress.Report(new InferenceProgress("cases", (double)i / cases.Count));
            parties.Profile?.Expect();
            Classification answer = await _client.ClassifyAsync(cases[i].Input, null, cancellationToken);
            progress.Clear();
            Show(cases[i].Name, answer.Label, answer.Cost);
            report.Cases.Add(InferCase.Of(cases[i].Name, answer));
        }
    }

    /// <summary>The cases of a decoder: the logits behind their last token. The client's padding is left out.</summary>
    private async Task NextTokensAsync(IReadOnlyList<(string Name, ClassificationInput Input)> cases, CancellationToken cancellationToken)
    {
        if (cases.Count == 0)
        {
            return;
        }

        if (sampling == TokenSampling.Private)
        {
            Console.Error.WriteLine($"note: with --sampling private nobody learns logits; the file's {cases.Count} cases are not run");
            return;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"case",-28} {"next token",-16} {"seconds",8} {"MB",9} {"rounds",7}{OfflineHead}"));
        var options = new GenerationOptions { MaxNewTokens = 1, EndTokenIds = [], IncludeLogits = true };
        for (int i = 0; i < cases.Count; i++)
        {
            int[] ids = PromptOf(cases[i].Name, cases[i].Input);
            if (i == 0 && !parties.HasMaterial)
            {
                progress.Report(new InferenceProgress("warming up"));
                parties.Profile?.Expect(isReported: false);
                await FirstAsync(ids);
            }

            progress.Report(new InferenceProgress("cases", (double)i / cases.Count));
            parties.Profile?.Expect();
            GeneratedToken token = await FirstAsync(ids);
            progress.Clear();
            Show(cases[i].Name, token.Id.ToString(CultureInfo.InvariantCulture), token.Cost);
            report.Cases.Add(InferCase.Of(cases[i].Name, token.Logits!, token.Cost));
        }

        async Task<GeneratedToken> FirstAsync(int[] prompt)
        {
            var tokens = new List<GeneratedToken>();
            await foreach (GeneratedToken token in _client.GenerateAsync(prompt, options, cancellationToken))
            {
                tokens.Add(token);
            }

            return tokens[0];
        }
    }

    private async Task ContinueAsync(IReadOnlyList<GenerationRequest> generations, CancellationToken cancellationToken)
    {
        report.Generations = [];
        if (generations.Count == 0)
        {
            return;
        }

        Tokenizer? tokenizer = generations.Any(g => g.PromptIds.Count == 0) ? TokenizerLoader.FromDirectory(parties.Model) : null;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"generation",-28} {"tokens",6} {"s prompt",9} {"MB prompt",10} {"s/token",8} {"MB/token",9}{OfflineHead}"));
        for (int i = 0; i < generations.Count; i++)
        {
            GenerationRequest request = generations[i];
            IReadOnlyList<int> prompt = request.PromptIds.Count > 0 ? request.PromptIds : tokenizer!.Encode(request.PromptText!).InputIds.ToArray();
            if (i == 0 && !parties.HasMaterial)
            {
                progress.Report(new InferenceProgress("warming up"));
                parties.Profile?.Expect(isReported: false);
                await RunAsync(prompt, Math.Min(2, request.NewTokens));
            }

            progress.Report(new InferenceProgress("generations", (double)i / generations.Count));
            parties.Profile?.Expect();
            GenerationReport one = (await RunAsync(prompt, request.NewTokens)).ReportOf(0, request.Name, full: false);
            progress.Clear();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{one.Name,-28} {one.NewIds.Count,6} {one.SecondsPrefill,9:F3} {one.BytesPrefill / 1e6,10:F2} {one.SecondsPerToken,8:F3} {one.BytesPerToken / 1e6,9:F2}{Offline(one.SecondsOfflinePerToken, one.BytesOfflinePerToken)}"));
            report.Generations.Add(one);
        }

        // Greedy, and nothing is cut off: what a file expects is compared token by token.
        async Task<GenerationRecord> RunAsync(IReadOnlyList<int> prompt, int count)
        {
            var options = new GenerationOptions { MaxNewTokens = count, Sampling = sampling, EndTokenIds = [] };
            var record = new GenerationRecord(1);
            await foreach (GeneratedToken token in _client.GenerateAsync(prompt, options, cancellationToken))
            {
                record.Add(token);
            }

            return record;
        }
    }

    private static int[] PromptOf(string name, ClassificationInput input)
    {
        if (input.AttentionMask.Count > 0 && input.AttentionMask.Count != input.InputIds.Count)
        {
            throw new InvalidDataException($"The case '{name}' has {input.InputIds.Count} tokens and a mask of {input.AttentionMask.Count}.");
        }

        return [.. input.InputIds.Where((_, i) => input.AttentionMask.Count == 0 || input.AttentionMask[i] != 0)];
    }

    /// <summary>Columns of what of the seconds and MB is offline, where anything is; of a token's in the table of generations.</summary>
    private string OfflineHead => HasOffline ? $" {"s offl.",8} {"MB offl.",9}" : "";

    private bool HasOffline => MpcProtocols.HasOfflinePhase(parties.Protocol);

    private string Offline(double seconds, long bytes) =>
        HasOffline ? string.Create(CultureInfo.InvariantCulture, $" {seconds,8:F3} {bytes / 1e6,9:F2}") : "";

    private void Show(string name, string answer, Cost cost) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name,-28} {answer,-16} {cost.Seconds,8:F3} {cost.BytesTotal / 1e6,9:F2} {cost.RoundsTotal,7}{Offline(cost.SecondsOffline, cost.BytesOffline)}"));
}
