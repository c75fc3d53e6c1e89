// A conversation with a small trained Llama that three parties compute on secret shares, token by token.
// Each party is a process of its own; they talk over TLS on loopback. No party sees a question, the weights or a word of the answers.
// The parties keep the conversation's keys and values as shares between turns, so that a turn costs its new tokens alone.
// Usage: dotnet run -c Release --project examples/PrivateChat [-- --interactive]
using System.Globalization;
using System.Text;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

// The parties are this same program, started again.
if (await PartyProgram.TryRunAsync(args) is { } exitCode)
{
    return exitCode;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string model = Path.Combine(AppContext.BaseDirectory, "model");
string[] script =
[
    "Sam has a black book. Eva has a green cup. What does Sam have?",
    "What does Eva have?",
    "Ann has a white key. Eva has a blue cup. What does Eva have?",
];

// Private sampling: you receive the chosen token alone, nobody a logit. The parties always compute eight tokens and do not learn where an answer ended.
var options = new GenerationOptions { MaxNewTokens = 8, Sampling = TokenSampling.Private };
using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    cancellation.Cancel();
};

try
{
    Console.WriteLine("Starting three parties, each a process of its own, and handing them shares of the model ...");
    await using LocalCluster cluster = await LocalCluster.StartAsync(model, new LocalClusterOptions { Protocol = MpcProtocol.Replicated3, Transport = ClusterTransport.Tcp }, null, cancellation.Token);
    await using InferenceClient client = cluster.Connect();
    return args.Contains("--interactive") ? await InteractAsync(client) : await PlayAsync(client);
}
catch (OperationCanceledException)
{
    Console.WriteLine();
    return 130;
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or ProtocolException or PlatformNotSupportedException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

async Task<int> PlayAsync(InferenceClient client)
{
    await using LocalCluster clear = await LocalCluster.StartAsync(model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64 }, null, cancellation.Token);
    await using InferenceClient clearClient = clear.Connect();
    await using Conversation plain = await clearClient.StartConversationAsync(1, cancellation.Token);
    await using Conversation secret = await client.StartConversationAsync(1, cancellation.Token);
    var rows = new List<string>();
    bool same = true;
    foreach (string question in script)
    {
        Console.WriteLine();
        Console.WriteLine($"You:   {question}");
        Console.Write("Model:");
        int before = secret.LengthOf(0);
        (string answer, List<Cost> costs) = await AskAsync(secret, question, Console.Out);
        (string wanted, _) = await AskAsync(plain, question, TextWriter.Null);
        same &= answer == wanted;
        Console.WriteLine($"       (the model in plaintext says:{wanted})");
        Cost[] rest = [.. costs.Skip(1)];
        rows.Add($"{rows.Count + 1,4} {before,7} {costs[0].Seconds,10:F3} {costs[0].BytesTotal / 1e6,8:F2} {costs[0].RoundsTotal,7} {rest.Average(c => c.Seconds),10:F3} {rest.Average(c => (double)c.BytesTotal) / 1e6,8:F2} {rest.Average(c => c.RoundsTotal),7:F0}");
    }

    Console.WriteLine();
    Console.WriteLine($"{"",12} {"the question and one token",27} {"each token after it",27}");
    Console.WriteLine($"{"turn",4} {"cached",7} {"seconds",10} {"MB",8} {"rounds",7} {"seconds",10} {"MB",8} {"rounds",7}");
    rows.ForEach(Console.WriteLine);
    Console.WriteLine();
    Console.WriteLine($"You learned:            the tokens of the answers; no logit and no weight.");
    Console.WriteLine($"Each party learned:     how many tokens each question has, that {options.MaxNewTokens} were computed for each answer, and from where on the next turn goes on.");
    Console.WriteLine($"The parties hold:       secret shares of {secret.LengthOf(0)} tokens' keys and values, which they zero now.");
    Console.WriteLine("The model is a toy trained on two-sentence stories; ask it for who has what.");
    return same ? 0 : 1;
}

async Task<int> InteractAsync(InferenceClient client)
{
    Console.WriteLine($"The model knows stories such as: {script[0]}");
    Console.WriteLine("An empty line ends the conversation; a full memory starts a new one.");
    Conversation conversation = await client.StartConversationAsync(1, cancellation.Token);
    try
    {
        while (true)
        {
            Console.WriteLine();
            Console.Write("You:   ");
            if (await Console.In.ReadLineAsync(cancellation.Token) is not { } line || string.IsNullOrWhiteSpace(line))
            {
                return 0;
            }

            Console.Write("Model:");
            try
            {
                (_, List<Cost> costs) = await AskAsync(conversation, line.Trim(), Console.Out);
                Console.WriteLine($"       ({costs.Sum(c => c.Seconds):F2} s, {costs.Sum(c => c.BytesTotal) / 1e6:F1} MB for the part shown)");
            }
            catch (ArgumentException error)
            {
                Console.WriteLine($" ({error.Message.Split(" (Parameter")[0]})");
                await conversation.DisposeAsync();
                conversation = await client.StartConversationAsync(1, cancellation.Token);
                Console.WriteLine("       A new conversation starts; please ask again.");
            }
        }
    }
    finally
    {
        await conversation.DisposeAsync();
    }
}

// One turn: what comes is shown at once.
async Task<(string Answer, List<Cost> Costs)> AskAsync(Conversation conversation, string question, TextWriter output)
{
    var answer = new StringBuilder();
    var costs = new List<Cost>();
    await foreach (GeneratedToken token in conversation.GenerateAsync(question, options, cancellation.Token))
    {
        answer.Append(token.Text);
        costs.Add(token.Cost);
        await output.WriteAsync(token.Text);
        await output.FlushAsync(cancellation.Token);
    }

    await output.WriteLineAsync();
    return (answer.ToString(), costs);
}
