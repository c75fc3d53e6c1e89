// Seven nodes classify a patient's sentence on secret shares, and any two of them may collude in vain.
// When one of them lies about the answer and another dies before it sends its own part, the answer is the same, and both are named.
// Usage: dotnet run -c Release --project examples/ThresholdInference [-- "a sentence of the patient's."]
using System.Globalization;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

const int Nodes = 7;
const int Threshold = 2;
const int Liar = 1;
const int Killed = 4;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string sentence = args.Length > 0 ? string.Join(' ', args) : "the old man has sudden chest pain.";
string model = Path.Combine(AppContext.BaseDirectory, "model");

// Session 0 of a node is that in which it gets its shares of the model; each request is one more. All go well until the third.
bool IsLastAnswer(OutgoingFrame frame) => frame is { Session: 3, Peer: null, Operation: ShareCodec.ExportOperation };
var options = new LocalClusterOptions
{
    Protocol = MpcProtocol.Shamir,
    Parties = Nodes,
    Threshold = Threshold,
    Faults = new Dictionary<int, ChannelFaults>
    {
        [Liar] = new() { Wrong = IsLastAnswer },
        [Killed] = new() { Dies = IsLastAnswer },
    },
};

try
{
    Console.WriteLine($"Patient: {sentence}");
    Console.WriteLine($"{Nodes} nodes in this process hold shares of the model. Any {Threshold} of them learn nothing together: not the model, not the sentence, not the answer.");
    await using LocalCluster clear = await LocalCluster.StartAsync(model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64 });
    await using InferenceClient clearClient = clear.Connect();
    Classification plain = await clearClient.ClassifyAsync(sentence);

    await using LocalCluster cluster = await LocalCluster.StartAsync(model, options);
    await using InferenceClient client = cluster.Connect();
    await client.ClassifyAsync(sentence); // The first request compiles the code; the others are timed.
    bool right = await AskAsync("All nodes are honest.");
    right &= await AskAsync(
        $"Node {Liar} sends a wrong share of the answer, and node {Killed} is killed before it sends its own.", (Liar, PartyFaultKind.Wrong), (Killed, PartyFaultKind.Lost));

    Console.WriteLine();
    Console.WriteLine($"The patient puts the answer together from shares of {(2 * Threshold) + 1} nodes or more that agree, so {Threshold} may lie or be gone when it is sent.");
    Console.WriteLine("In the midst of computing all are needed, and follow the protocol. The model is a toy trained on generated sentences; it has no medical meaning.");
    return right ? 0 : 1;

    // Whether the answer is that in plaintext and exactly those nodes are named.
    async Task<bool> AskAsync(string what, params (int Node, PartyFaultKind Kind)[] expected)
    {
        Classification secret = await client.ClassifyAsync(sentence);
        Console.WriteLine();
        Console.WriteLine(what);
        Console.WriteLine($"Answer:  {secret.Label}    (the model in plaintext says: {plain.Label})");
        Console.WriteLine($"Named:   {(secret.Faults.Count == 0 ? "nobody" : string.Join("; ", secret.Faults.Select(fault => $"{fault.Kind}: {fault.What}")))}");
        Console.WriteLine($"Seconds: {secret.Cost.Seconds:F2}");
        Console.WriteLine();
        Console.WriteLine($"{"label",-12} {"private",12} {"plaintext",12}");
        for (int i = 0; i < secret.Labels.Count; i++)
        {
            Console.WriteLine($"{secret.Labels[i],-12} {secret.Probabilities[i],12:P4} {plain.Probabilities[i],12:P4}");
        }

        Console.WriteLine();
        Console.WriteLine($"{"phase",-12} {"bytes",12} {"rounds",12}");
        foreach (TrafficPhase phase in (TrafficPhase[])[TrafficPhase.Input, TrafficPhase.Offline, TrafficPhase.Online, TrafficPhase.Output])
        {
            Console.WriteLine($"{phase,-12} {secret.Cost.BytesByPhase[phase],12:N0} {secret.Cost.RoundsByPhase[phase],12}");
        }

        // What a killed node sent, it can no longer tell.
        Console.WriteLine($"{"total",-12} {secret.Cost.BytesTotal,12:N0} {secret.Cost.RoundsTotal,12}{(expected.Length > 0 ? $"    (without what node {Killed} sent)" : "")}");
        return secret.Label == plain.Label
            && secret.Probabilities.Zip(plain.Probabilities, (a, b) => Math.Abs(a - b)).Max() < 0.01
            && secret.Faults.Select(fault => (fault.Party, fault.Kind)).Order().SequenceEqual(expected);
    }
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or ProtocolException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
