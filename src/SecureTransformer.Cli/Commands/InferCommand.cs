using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>infer</c>: classify a text, or the cases of a file.</summary>
internal static class InferCommand
{
    public static Command Create()
    {
        var model = new Option<DirectoryInfo?>("--model") { Description = "Model directory: config.json, *.safetensors and the tokenizer's files." };
        var client = new Option<FileInfo?>("--client") { Description = "Client file of parties that run elsewhere, instead of --model." };
        var text = new Option<string?>("--text") { Description = "The text to classify." };
        var cases = new Option<FileInfo?>("--cases") { Description = "JSON file with cases[]: name, input_ids, attention_mask, token_type_ids, position_ids." };
        var protocol = new Option<string>("--protocol") { Description = "replicated: three parties, private. plaintext: float64, not private.", DefaultValueFactory = _ => "replicated" };
        var transport = new Option<string>("--transport") { Description = "memory: parties in this process. tcp: a process each, over TLS on loopback.", DefaultValueFactory = _ => "memory" };
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        var json = new Option<FileInfo?>("--json") { Description = "Write answers and costs to a file." };
        var verbose = new Option<bool>("--verbose") { Description = "Show the parties' messages." };
        Option<double> timeout = TimeoutOption.Create();
        protocol.AcceptOnlyFromAmong([.. ProtocolNames.All]);
        transport.AcceptOnlyFromAmong("memory", "tcp");
        var command = new Command("infer", "Classify a text, or the cases of a file, without any party seeing text, weights or answer.")
        {
            model, client, text, cases, protocol, transport, bits, json, timeout, verbose,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(model) is null == result.GetValue(client) is null)
            {
                result.AddError("Give either --model DIR or --client FILE.");
            }

            if (result.GetValue(text) is null == result.GetValue(cases) is null)
            {
                result.AddError("Give either --text \"...\" or --cases FILE.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var progress = new ConsoleProgress();
            if (parsed.GetValue(client) is { } file)
            {
                var described = ClientFile.Load(file.FullName);
                await using InferenceClient remote = described.CreateClient(TimeoutOption.Transport(parsed.GetValue(timeout)));
                var report = new InferReport
                {
                    Protocol = described.Protocol,
                    Parties = MpcProtocols.PartyCountOf(described.Options.Protocol),
                    Transport = "tcp",
                    Model = described.Model,
                    SetupSeconds = 0,
                };
                return await RunAsync(remote, report, parsed.GetValue(text), parsed.GetValue(cases), parsed.GetValue(json), progress, cancellationToken);
            }

            var options = new LocalClusterOptions
            {
                Protocol = ProtocolNames.Parse(parsed.GetValue(protocol)!),
                FractionalBits = parsed.GetValue(bits),
                // Without privacy there is one party and nothing to separate.
                Transport = parsed.GetValue(transport) == "tcp" && MpcProtocols.PartyCountOf(ProtocolNames.Parse(parsed.GetValue(protocol)!)) > 1
                    ? ClusterTransport.Tcp
                    : ClusterTransport.Memory,
                TransportOptions = TimeoutOption.Transport(parsed.GetValue(timeout)),
                Logger = new ConsoleLogger(parsed.GetValue(verbose) ? LogLevel.Debug : LogLevel.Warning),
            };
            string directory = parsed.GetValue(model)!.FullName;
            await using LocalCluster cluster = await LocalCluster.StartAsync(directory, options, progress, cancellationToken);
            await using InferenceClient local = cluster.Connect();
            return await RunAsync(
                local,
                new InferReport
                {
                    Protocol = ProtocolNames.NameOf(options.Protocol),
                    Parties = cluster.PartyCount,
                    Transport = options.Transport == ClusterTransport.Tcp ? "tcp" : "memory",
                    Model = directory,
                    SetupSeconds = cluster.SetupSeconds,
                },
                parsed.GetValue(text),
                parsed.GetValue(cases),
                parsed.GetValue(json),
                progress,
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        InferenceClient client, InferReport report, string? text, FileInfo? casesFile, FileInfo? json, ConsoleProgress progress, CancellationToken cancellationToken)
    {
        if (text is not null)
        {
            Classification answer = await client.ClassifyAsync(text, progress, cancellationToken);
            progress.Clear();
            Show(answer);
            report.Cases.Add(InferCase.Of("text", answer));
        }
        else
        {
            IReadOnlyList<(string Name, ClassificationInput Input)> cases = CasesFile.Load(casesFile!);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"case",-28} {"label",-16} {"seconds",8} {"MB",9} {"rounds",7}"));
            for (int i = 0; i < cases.Count; i++)
            {
                if (i == 0)
                {
                    progress.Report(new InferenceProgress("warming up"));
                    await client.ClassifyAsync(cases[0].Input, null, cancellationToken);
                }

                progress.Report(new InferenceProgress("cases", (double)i / cases.Count));
                Classification answer = await client.ClassifyAsync(cases[i].Input, null, cancellationToken);
                progress.Clear();
                Cost cost = answer.Cost;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{cases[i].Name,-28} {answer.Label,-16} {cost.Seconds,8:F3} {cost.BytesTotal / 1e6,9:F2} {cost.RoundsTotal,7}"));
                report.Cases.Add(InferCase.Of(cases[i].Name, answer));
            }
        }

        if (json is not null)
        {
            report.Save(json);
        }

        return 0;
    }

    private static void Show(Classification answer)
    {
        Console.WriteLine(answer.Label);
        for (int i = 0; i < answer.Labels.Count; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {answer.Labels[i],-20} {answer.Probabilities[i],8:P2}"));
        }

        Cost cost = answer.Cost;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cost.Seconds:F3} s, {cost.BytesTotal / 1e6:F2} MB sent by all parties and the client, {cost.RoundsTotal} rounds"));
    }
}
