// A patient's sentence is classified by a trained BERT that three parties compute on secret shares.
// Each party is a process of its own; they talk over TLS on loopback. No party sees the sentence, the weights or the answer.
// Usage: dotnet run -c Release --project examples/PrivateTriage [-- "a sentence of the patient's."]
using System.Globalization;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

// The parties are this same program, started again.
if (await PartyProgram.TryRunAsync(args) is { } exitCode)
{
    return exitCode;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string sentence = args.Length > 0 ? string.Join(' ', args) : "the old man has sudden chest pain.";
string model = Path.Combine(AppContext.BaseDirectory, "model");

try
{
    Console.WriteLine($"Patient: {sentence}");
    Console.WriteLine("Starting three parties, each a process of its own, and handing them shares of the model ...");
    var options = new LocalClusterOptions { Protocol = MpcProtocol.Replicated3, Transport = ClusterTransport.Tcp };
    await using LocalCluster cluster = await LocalCluster.StartAsync(model, options);
    await using InferenceClient client = cluster.Connect();
    await client.ClassifyAsync(sentence); // The first request compiles the code; the second one is timed.
    Classification secret = await client.ClassifyAsync(sentence);

    await using LocalCluster clear = await LocalCluster.StartAsync(model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64 });
    await using InferenceClient clearClient = clear.Connect();
    Classification plain = await clearClient.ClassifyAsync(sentence);

    Console.WriteLine();
    Console.WriteLine($"Answer:  {secret.Label}    (the model in plaintext says: {plain.Label})");
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

    Console.WriteLine($"{"total",-12} {secret.Cost.BytesTotal,12:N0} {secret.Cost.RoundsTotal,12}");
    Console.WriteLine();
    Console.WriteLine($"{secret.Cost.Seconds:F3} s for the request; {cluster.SetupSeconds:F1} s before it to start the parties and share the weights.");
    Console.WriteLine("The model is a toy trained on generated sentences; it has no medical meaning.");
    return secret.Label == plain.Label ? 0 : 1;
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or ProtocolException or PlatformNotSupportedException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
