using System.CommandLine;
using SecureTransformer.Bench;
using SecureTransformer.Hosting;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

// With --transport processes each party of a measurement is this program again.
if (await PartyChild.TryRunAsync(args) is { } childCode)
{
    return childCode;
}

// With --transport tcp the parties of a streamed model are this program again.
if (await PartyProgram.TryRunAsync(args) is { } exitCode)
{
    return exitCode;
}

var protocol = new Option<string>("--protocol") { Description = "The protocol.", DefaultValueFactory = _ => "replicated" };
var parties = new Option<string?>("--parties") { Description = "The number of parties, where the protocol does not fix it: 2 to 8 for additive, 3 to 16 for shamir; by default the fewest. For truncation, several apart by commas." };
var threshold = new Option<int?>("--threshold") { Description = "How many parties may collude, where the protocol lets one choose it: with shamir fewer than half; the most if not given." };
var dealer = new Option<DealerTime>("--dealer") { Description = "When a protocol's dealer works: ahead, before each repetition, so that what is measured is the online run alone; stored, before everything, to files that the parties read (in memory only); or live, while they run.", DefaultValueFactory = _ => DealerTime.Ahead };
var transport = new Option<string>("--transport") { Description = "memory; tcp for TLS on loopback, all parties in this process; processes for TLS on loopback, each party a process of its own.", DefaultValueFactory = _ => "memory" };
var network = new Option<string?>("--network") { Description = "Emulate a network: lan (1 ms round trip, 5 Gbit/s), wan (40 ms, 200 Mbit/s), or RTTms,Mbps." };
network.Validators.Add(given =>
{
    try
    {
        NetworkConditions.Parse(given.GetValue(network) ?? "lan");
    }
    catch (FormatException error)
    {
        given.AddError(error.Message);
    }
});
var threads = new Option<int>("--threads") { Description = "Compute threads of each party.", DefaultValueFactory = _ => 1 };
var bits = new Option<int>("--precision-bits") { Description = "Fractional bits.", DefaultValueFactory = _ => 18 };
var repetitions = new Option<int>("--repetitions") { Description = "Counted repetitions, of which the median is reported.", DefaultValueFactory = _ => 3 };
var warmUps = new Option<int>("--warm-ups") { Description = "Repetitions before them.", DefaultValueFactory = _ => 1 };
var warmUpSeconds = new Option<double>("--warm-up-seconds") { Description = "With three warm-ups at least: how long to go on with them." };
var repeatSeconds = new Option<double>("--repeat-seconds") { Description = "With three warm-ups at least: how long to repeat, if so many repetitions take less." };
var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
protocol.AcceptOnlyFromAmong([.. ProtocolNames.All]);
parties.Validators.Add(given =>
{
    try
    {
        Array.ForEach(Numbers(given.GetValue(parties)), number => MpcProtocols.PartyCountOf(ProtocolNames.Parse(given.GetValue(protocol)!), number));
    }
    catch (Exception error) when (error is ArgumentException or FormatException)
    {
        given.AddError(error.Message);
    }
});
threshold.Validators.Add(given =>
{
    if (given.GetValue(threshold) is not { } number)
    {
        return;
    }

    MpcProtocol chosen = ProtocolNames.Parse(given.GetValue(protocol)!);
    try
    {
        if (!MpcProtocols.HasChosenThreshold(chosen))
        {
            given.AddError($"--threshold: {ProtocolNames.NameOf(chosen)} has no threshold to choose.");
            return;
        }

        Array.ForEach(
            Numbers(given.GetValue(parties)) is { Length: > 0 } several ? several : [MpcProtocols.PartyCountOf(chosen)],
            parties => MpcProtocols.ThresholdOf(chosen, parties, number));
    }
    catch (Exception error) when (error is ArgumentException or FormatException)
    {
        given.AddError($"--threshold: {error.Message.Split(" (Parameter '")[0]}");
    }
});
transport.AcceptOnlyFromAmong("memory", "tcp", "processes");

BenchOptions OptionsOf(ParseResult parsed) => new()
{
    Protocol = ProtocolOf(parsed),
    Parties = PartiesOf(parsed),
    Threshold = parsed.GetValue(threshold),
    Dealer = parsed.GetValue(dealer),
    Transport = Enum.Parse<BenchTransport>(parsed.GetValue(transport)!, ignoreCase: true),
    Network = parsed.GetValue(network) is { } conditions ? NetworkConditions.Parse(conditions) : null,
    FractionalBits = parsed.GetValue(bits),
    Threads = parsed.GetValue(threads),
    Repetitions = parsed.GetValue(repetitions),
    WarmUps = parsed.GetValue(warmUps),
    WarmUpSeconds = parsed.GetValue(warmUpSeconds),
    RepeatSeconds = parsed.GetValue(repeatSeconds),
};

MpcProtocol ProtocolOf(ParseResult parsed) => ProtocolNames.Parse(parsed.GetValue(protocol)!);

int? PartiesOf(ParseResult parsed) => Numbers(parsed.GetValue(parties)) is [int number, ..] ? number : null;

static int[] Numbers(string? text) => text is null ? [] : [.. text.Split(',').Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];

var name = new Argument<string>("name") { Description = "The operation." };
name.AcceptOnlyFromAmong([.. Primitives.Names, "matmul", "packed"]);
var size = new Option<int>("--size") { Description = "Elements, or rows.", DefaultValueFactory = _ => 1_000_000 };
var shape = new Option<string>("--shape") { Description = "For matmul, and packed, whose right operand is packed before: MxKxN.", DefaultValueFactory = _ => "128x768x768" };
var primitive = new Command("primitive", "Time one operation.") { name, size, shape };
primitive.SetAction(async parsed =>
{
    string operation = parsed.GetValue(name)!;
    string what = operation is "matmul" or "packed" ? parsed.GetValue(shape)! : parsed.GetValue(size).ToString(System.Globalization.CultureInfo.InvariantCulture);
    BenchResult result = await Measurement.RunAsync($"{operation}/{what}", OptionsOf(parsed));
    result.Write($"{operation} {what}", parsed.GetValue(json));
    return 0;
});

var architecture = new Argument<string>("architecture") { Description = "Whose shapes." };
architecture.AcceptOnlyFromAmong("bert-base");
var modelArchitecture = new Argument<string>("architecture") { Description = "Whose shapes: bert-base (to the logits), gpt2 (a prompt to its first token, chosen on shares) or llama-1.1b (the same, chosen by the client, with weights streamed from share files; 22 layers, 8 tokens, 1 repetition and tcp unless told otherwise)." };
modelArchitecture.AcceptOnlyFromAmong("bert-base", "gpt2", "llama-1.1b");
var stream = new Option<DirectoryInfo?>("--stream-weights") { Description = "For llama-1.1b: the folder of the share files, 18 GB; by default a temporary one." };
var length = new Option<int>("--seq") { Description = "Tokens.", DefaultValueFactory = _ => 128 };
var scale = new Option<double>("--weight-scale") { Description = "Standard deviation of the random weights.", DefaultValueFactory = _ => 0.02 };
var layers = new Option<int>("--layers") { Description = "Encoder blocks.", DefaultValueFactory = _ => 1 };
var nonlinear = new Option<string>("--nonlinear") { Description = "The functions of the activation and of attention.", DefaultValueFactory = _ => "exact" };
nonlinear.AcceptOnlyFromAmong([.. NonlinearFunctions.Presets]);
var layer = new Command("layer", "Time one encoder block; the error is over all positions, against float64 with the same functions, approximations exact.") { architecture, length, scale, nonlinear };
layer.SetAction(async parsed =>
{
    BenchResult result = await Measurement.RunAsync(Workloads.Layer(parsed.GetValue(length), parsed.GetValue(scale), parsed.GetValue(nonlinear)!), OptionsOf(parsed));
    result.Write($"layer bert-base, {parsed.GetValue(length)} tokens, {parsed.GetValue(nonlinear)}", parsed.GetValue(json));
    return 0;
});
var model = new Command("model", "Time a whole model from one-hot tokens on.") { modelArchitecture, length, scale, layers, stream };
model.SetAction(async parsed =>
{
    string whose = parsed.GetValue(modelArchitecture)!;
    int tokens = parsed.GetValue(length);
    if (whose == "llama-1.1b")
    {
        await StreamedLlama.RunAsync(
            Given(layers) ?? StreamedLlama.Layers,
            Given(length) ?? StreamedLlama.Tokens,
            parsed.GetValue(scale),
            Given(repetitions) ?? 1,
            parsed.GetValue(stream)?.FullName,
            new BenchOptions { Protocol = ProtocolOf(parsed), Parties = PartiesOf(parsed), Threshold = parsed.GetValue(threshold), FractionalBits = parsed.GetValue(bits), Transport = parsed.GetResult(transport) is not { Implicit: false } || parsed.GetValue(transport) != "memory" ? BenchTransport.Processes : BenchTransport.Memory });
        return 0;

        int? Given(Option<int> option) => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null;
    }

    string workload = whose == "bert-base"
        ? Workloads.Bert(parsed.GetValue(layers), tokens, parsed.GetValue(scale))
        : Workloads.FirstToken(parsed.GetValue(layers), tokens, parsed.GetValue(scale));
    BenchResult result = await Measurement.RunAsync(workload, OptionsOf(parsed));
    result.Write($"model {whose}, {parsed.GetValue(layers)} layers, {tokens} tokens", parsed.GetValue(json));
    return 0;
});
var decode = new Command("decode", "Print what one more token costs behind caches of 16, 64 and 256 tokens, for the shape of GPT-2 small, in Markdown.") { layers, scale };
decode.SetAction(async parsed =>
{
    Console.Write(await Decoders.TableAsync(Decoders.Gpt2Small(parsed.GetValue(layers)), parsed.GetValue(scale), OptionsOf(parsed)));
    return 0;
});

var count = new Option<int>("--count") { Description = "Products.", DefaultValueFactory = _ => 10_000_000 };
var truncation = new Command("truncation", "Truncate products at and near the edges of the range and compare each with the exact quotient, in integers. Exit code 1 if one errs by a unit or more.") { count };
truncation.SetAction(async parsed =>
{
    int[] numbers = Numbers(parsed.GetValue(parties)) is { Length: > 0 } given ? given : [MpcProtocols.PartyCountOf(ProtocolOf(parsed))];
    bool exact = true;
    foreach (int number in numbers)
    {
        exact &= await TruncationStatistics.RunAsync(ProtocolOf(parsed), number, parsed.GetValue(threshold), parsed.GetValue(count), parsed.GetValue(bits));
    }

    return exact ? 0 : 1;
});

var table = new Command("table", "Print the table of operations, in Markdown; 15 repetitions after 3 unless told otherwise, of long ones fewer.");
table.SetAction(async parsed =>
{
    BenchOptions given = OptionsOf(parsed);

    // Stored material is for so many runs.
    double seconds = given.Dealer == DealerTime.Stored ? 0 : BenchTable.Seconds;
    BenchOptions options = given.With(Given(warmUps, 3), seconds, Given(repetitions, 15), seconds);
    Console.Write(BenchTable.Format(await BenchTable.MeasureAsync(options), options));
    return 0;

    int Given(Option<int> option, int otherwise) => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : otherwise;
});

var reference = new Option<DirectoryInfo>("--reference") { Description = "The folder of expected values.", Required = true };
var output = new Option<FileInfo>("--out") { Description = "The file to write.", Required = true };
var accuracy = new Command("accuracy", "Write docs/accuracy.md.") { reference, output };
accuracy.SetAction(async parsed =>
{
    await File.WriteAllTextAsync(parsed.GetValue(output)!.FullName, await AccuracyReport.CreateAsync(parsed.GetValue(reference)!.FullName));
    return 0;
});

var root = new RootCommand("Times whole operations, layers and models between all parties on this machine.") { primitive, layer, model, decode, truncation, table, accuracy, PerformanceCommand.Create(json), EstimateCheck.Create(OptionsOf), ShamirCommand.Create() };
foreach (Option option in (Option[])[protocol, parties, threshold, dealer, transport, network, threads, bits, repetitions, warmUps, warmUpSeconds, repeatSeconds, json])
{
    option.Recursive = true;
    root.Options.Add(option);
}

return await root.Parse(args).InvokeAsync();
