using System.CommandLine;
using System.Globalization;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>infer</c>: classify a text, or run the cases of a file.</summary>
internal static class InferCommand
{
    public static Command Create()
    {
        var connection = new ConnectionOptions();
        var text = new Option<string?>("--text") { Description = "The text to classify." };
        var cases = new Option<FileInfo?>("--cases")
        {
            Description = "JSON file with cases[] (name, input_ids, attention_mask, token_type_ids, position_ids) or generations[] (name, prompt_ids or prompt_text, new_ids), which are continued greedily by as many tokens as new_ids has, else 20.",
        };
        var json = new Option<FileInfo?>("--json") { Description = "Write answers and costs to a file." };
        Option<string> sampling = SamplingOptions.CreateSampling();
        sampling.Description = "For generations[]: client: you receive the logits of each token. private: the parties choose on shares, and you receive the token alone.";
        var command = new Command("infer", "Classify a text, or run the cases of a file, without any party seeing text, weights or answer.");
        connection.AddTargetTo(command);
        command.Options.Add(text);
        command.Options.Add(cases);
        command.Options.Add(json);
        command.Options.Add(sampling);
        connection.AddSettingsTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(text) is null == result.GetValue(cases) is null)
            {
                result.AddError("Give either --text \"...\" or --cases FILE.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CasesFile? file = parsed.GetValue(cases) is { } path ? CasesFile.Load(path) : null;
            if (file is null && ModelConfig.FromDirectory(connection.TargetOf(parsed).Model) is DecoderConfig config)
            {
                throw new NotSupportedException($"{config.Source} describes a model that generates text; 'generate' continues one.");
            }

            var progress = new ConsoleProgress();
            await using Connection parties = await connection.OpenAsync(parsed, progress, cancellationToken);
            var report = new InferReport
            {
                Protocol = ProtocolNames.NameOf(parties.Protocol),
                Parties = parties.Parties,
                Transport = parties.Transport,
                Model = parties.Model,
                SetupSeconds = parties.SetupSeconds,
                Functions = FunctionsData.Of(parties.Client.Functions),
            };
            if (file is not null)
            {
                await new CasesRun(parties, report, SamplingOptions.Parse(parsed.GetValue(sampling)!), progress).RunAsync(file, cancellationToken);
            }
            else
            {
                if (parties.WarmsUp)
                {
                    progress.Report(new InferenceProgress("warming up"));
                    parties.Profile?.Expect(isReported: false);
                    await parties.Client.ClassifyAsync(parsed.GetValue(text)!, null, cancellationToken);
                }

                parties.Profile?.Expect();
                Classification answer = await parties.Client.ClassifyAsync(parsed.GetValue(text)!, progress, cancellationToken);
                progress.Clear();
                Show(answer, MpcProtocols.HasDealer(parties.Protocol));
                report.Cases.Add(InferCase.Of("text", answer));
            }

            Console.WriteLine($"functions: {parties.Client.Functions}");
            report.Profile = await parties.FinishProfileAsync(cancellationToken);
            if (parsed.GetValue(json) is { } target)
            {
                report.Save(target);
            }

            return 0;
        });
        return command;
    }

    private static void Show(Classification answer, bool hasDealer)
    {
        Console.WriteLine(answer.Label);
        for (int i = 0; i < answer.Labels.Count; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {answer.Labels[i],-20} {answer.Probabilities[i],8:P2}"));
        }

        foreach (PartyFault fault in answer.Faults)
        {
            Console.WriteLine($"put together without a party: {fault.What}");
        }

        Cost cost = answer.Cost;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cost.Seconds:F3} s, {cost.BytesTotal / 1e6:F2} MB sent by all parties{(hasDealer && cost.BytesOffline > 0 ? ", the dealer" : "")} and the client, {cost.RoundsTotal} rounds"));
        if (cost.MaterialLeft is { } left)
        {
            Console.WriteLine($"stored material is left for {left} more requests");
        }

        if (cost.BytesOffline > 0)
        {
            Console.WriteLine(hasDealer
                ? string.Create(CultureInfo.InvariantCulture, $"of that offline, with the dealer: {cost.SecondsOffline:F3} s, {cost.BytesOffline / 1e6:F2} MB; online: {cost.SecondsOnline:F3} s, {(cost.BytesTotal - cost.BytesOffline) / 1e6:F2} MB")
                : string.Create(CultureInfo.InvariantCulture, $"of that offline, randomness that the parties made for each other: {cost.SecondsOffline:F3} s, {cost.BytesOffline / 1e6:F2} MB; online: {cost.SecondsOnline:F3} s, {(cost.BytesTotal - cost.BytesOffline) / 1e6:F2} MB"));
        }
    }
}
