using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>generate</c>: continue texts token by token.</summary>
internal static class GenerateCommand
{
    private const long WorthTelling = 100_000_000;

    public static Command Create()
    {
        var connection = new ConnectionOptions();
        var sampling = new SamplingOptions();
        var texts = new Option<string[]>("--prompt") { Description = "The text to continue. Given several times, the texts are continued side by side in the rounds of one, and shown at the end." };
        var ids = new Option<string[]>("--ids") { Description = "Token ids such as \"1,2,3\" instead of --prompt, for models without a tokenizer; the answer is ids too." };
        var json = new Option<FileInfo?>("--json") { Description = "Write answers and costs to a file." };
        var command = new Command(
            "generate",
            """
            Continue a text token by token with a GPT-2 or Llama model, without any party seeing text, weights or answer.

            The parties learn how many tokens the prompt has, how many are computed, and how they are chosen; they keep the text's keys and values as secret shares, and zero them at the end.
            """);
        connection.AddTargetTo(command);
        command.Options.Add(texts);
        command.Options.Add(ids);
        sampling.AddTo(command);
        command.Options.Add(json);
        connection.AddSettingsTo(command);
        ids.Validators.Add(result =>
        {
            if (result.Tokens.Any(t => ParseIds(t.Value) is null))
            {
                result.AddError("--ids are whole numbers from 0, separated by commas.");
            }
        });
        command.Validators.Add((CommandResult result) =>
        {
            if (result.GetResult(texts) is null == result.GetResult(ids) is null)
            {
                result.AddError("Give either --prompt \"...\" or --ids \"1,2,3\".");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            GenerationOptions options = sampling.ValueOf(parsed);
            (string model, InferenceOptions inference) = connection.TargetOf(parsed);
            DecoderConfig config = ModelConfig.FromDirectory(model) as DecoderConfig ?? throw new NotSupportedException($"{model} holds no model that generates text; 'infer' classifies.");
            IReadOnlyList<IReadOnlyList<int>> prompts = parsed.GetValue(ids) is { Length: > 0 } numbers
                ? [.. numbers.Select(n => ParseIds(n)!)]
                : Encode(model, parsed.GetValue(texts)!);
            RequireTokens(prompts, config);
            var progress = new ConsoleProgress();
            await TellCostAsync(config, prompts, options, inference, progress, cancellationToken);

            await using Connection parties = await connection.OpenAsync(parsed, progress, cancellationToken);
            if (parties.WarmsUp)
            {
                progress.Report(new InferenceProgress("warming up"));
                parties.Profile?.Expect(isReported: false);
                var brief = new GenerationOptions { MaxNewTokens = Math.Min(2, options.MaxNewTokens), Sampling = options.Sampling, Temperature = options.Temperature };
                await foreach (GeneratedToken _ in parties.Client.GenerateAsync(prompts, brief, cancellationToken))
                {
                }
            }

            parties.Profile?.Expect();
            GenerationRecord record = await RunAsync(parties.Client, prompts, options, parsed.GetResult(ids) is not null, progress, cancellationToken);
            Show(record, prompts, options, MpcProtocols.HasDealer(parties.Protocol));
            foreach (string fault in record.Faults)
            {
                Console.WriteLine($"put together without a party: {fault}");
            }

            Console.WriteLine($"functions: {parties.Client.Functions}");
            ProfileData? profile = await parties.FinishProfileAsync(cancellationToken);
            if (parsed.GetValue(json) is { } file)
            {
                var report = new GenerateReport
                {
                    Protocol = ProtocolNames.NameOf(parties.Protocol),
                    Parties = parties.Parties,
                    Transport = parties.Transport,
                    Model = parties.Model,
                    SetupSeconds = parties.SetupSeconds,
                    Functions = FunctionsData.Of(parties.Client.Functions),
                    Sampling = options.Sampling == TokenSampling.Private ? "private" : "client",
                    Profile = profile,
                };
                report.Generations.AddRange(prompts.Select((_, i) => record.ReportOf(i, $"prompt {i + 1}", full: true)));
                report.Save(file);
            }

            return 0;
        });
        return command;
    }

    /// <summary>One answer is shown as it comes; of several, how far they are, and each at the end.</summary>
    private static async Task<GenerationRecord> RunAsync(
        InferenceClient client, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, bool asIds, ConsoleProgress progress, CancellationToken cancellationToken)
    {
        var record = new GenerationRecord(prompts.Count);
        bool open = false;
        try
        {
            progress.Report(new InferenceProgress(prompts.Count == 1 ? "reading the prompt" : "reading the prompts"));
            await foreach (GeneratedToken token in client.GenerateAsync(prompts, options, cancellationToken))
            {
                record.Add(token);
                if (prompts.Count > 1)
                {
                    progress.Report(new InferenceProgress("continuing", (double)record.Steps.Count / options.MaxNewTokens));
                    continue;
                }

                if (!open)
                {
                    progress.Clear();
                    open = true;
                }

                Console.Write(asIds ? string.Create(CultureInfo.InvariantCulture, $"{(token.Index > 0 ? " " : "")}{token.Id}") : Printable(token.Text));
                await Console.Out.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            progress.Clear();
            if (open)
            {
                Console.WriteLine();
            }
        }

        for (int i = 0; prompts.Count > 1 && i < prompts.Count; i++)
        {
            Console.WriteLine($"[{i + 1}] {(asIds ? string.Join(' ', record.IdsOf(i)) : Printable(record.TextOf(i)))}");
        }

        return record;
    }

    private static void Show(GenerationRecord record, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, bool hasDealer)
    {
        Console.WriteLine();
        bool offline = record.Steps[0].BytesOffline > 0;
        Console.WriteLine($"{"",-12} {"tokens",8} {"seconds",9} {"MB",10} {"rounds",8}{(offline ? $" {"s offl.",9} {"MB offl.",10}" : "")}");
        Row("prompt", prompts.Sum(p => p.Count), [record.Steps[0]]);
        if (record.Decode.Count > 0)
        {
            Row("per token", 1, record.Decode);
        }

        Console.WriteLine(prompts.Count == 1
            ? $"MB sent by all parties{(offline && hasDealer ? ", the dealer" : "")} and the client. The prompt's row has the first token of the answer in it."
            : $"MB sent by all parties{(offline && hasDealer ? ", the dealer" : "")} and the client, for all {prompts.Count} texts together. The prompts' row has the first token of each answer in it.");
        if (!options.StopEarly && record.Steps.Count < options.MaxNewTokens)
        {
            Console.WriteLine($"{options.MaxNewTokens} tokens were computed, so that the parties do not learn where the answer ended, at {record.Steps.Count}. --stop-early saves the rest, and tells them.");
        }

        void Row(string name, int tokens, IReadOnlyList<Cost> steps)
        {
            string apart = offline ? string.Create(CultureInfo.InvariantCulture, $" {steps.Average(c => c.SecondsOffline),9:F3} {steps.Average(c => (double)c.BytesOffline) / 1e6,10:F3}") : "";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-12} {tokens,8} {steps.Average(c => c.Seconds),9:F3} {steps.Average(c => (double)c.BytesTotal) / 1e6,10:F3} {steps.Average(c => (double)c.RoundsTotal),8:F0}{apart}"));
        }
    }

    /// <summary>What a long run will send, before the parties are started; prompts that the model cannot take end here, too.</summary>
    private static async Task TellCostAsync(
        DecoderConfig config, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, InferenceOptions inference, ConsoleProgress progress, CancellationToken cancellationToken)
    {
        if (MpcProtocols.PartyCountOf(inference.Protocol, inference.Parties) == 1)
        {
            // Nothing is sent.
            return;
        }

        // Several texts together send at most as much as the longest so many times.
        progress.Report(new InferenceProgress("estimating"));
        GenerationEstimate longest = await InferenceEstimate.ForGenerationAsync(config, prompts.Max(p => p.Count), options, inference, cancellationToken);
        long bytes = prompts.Count * (longest.Total.Bytes + longest.Total.OfflineBytes);
        progress.Clear();
        if (bytes >= WorthTelling)
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{options.MaxNewTokens} tokens will take up to {bytes / 1e6:N0} MB over all parties{(MpcProtocols.HasDealer(inference.Protocol) ? " and the dealer" : "")} and {longest.Total.Rounds:N0} rounds; 'estimate' tells more."));
        }
    }

    private static void RequireTokens(IReadOnlyList<IReadOnlyList<int>> prompts, DecoderConfig config)
    {
        for (int i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Count == 0)
            {
                throw new UsageException($"Prompt {i + 1} has no token; the model continues at least one.");
            }

            if (prompts[i].Any(id => id >= config.VocabSize))
            {
                throw new UsageException($"Prompt {i + 1} has a token outside the model's vocabulary of {config.VocabSize}.");
            }
        }
    }

    private static int[][] Encode(string model, string[] texts)
    {
        Tokenizer tokenizer = TokenizerLoader.FromDirectory(model);
        return [.. texts.Select(text => tokenizer.Encode(text).InputIds.ToArray())];
    }

    private static int[]? ParseIds(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        int[] ids = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
            {
                return null;
            }
        }

        return ids;
    }

    /// <summary>A model's words do not steer the terminal.</summary>
    private static string Printable(string text) =>
        Console.IsOutputRedirected ? text : string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
}
