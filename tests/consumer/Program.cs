// What a user of the packages would write: the README's snippets as they stand there, and a protocol of one's own.
using SecureTransformer.Protocols;
using SecureTransformer.Protocols.Tests;
using SecureTransformer.Transport;

await Snippet1.RunAsync();
await Snippet2.RunAsync();
await Snippet3.RunAsync();
Console.WriteLine();

await using var network = new InMemoryNetwork(2);
var id = SessionId.New();
double[][] opened = await Task.WhenAll(Enumerable.Range(0, 2).Select(party => Task.Run(async () =>
{
    ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
    await using MpcSession session = new InsecureToySession(channels, new SessionOptions(), null);
    SecretTensor x = await session.InputAsync(0, new TensorShape(3), new[] { 1.5, -2, 3 });
    SecretTensor y = await session.InputAsync(1, new TensorShape(3), new[] { 4, 0.25, -1 });
    return await session.RevealAsync(await session.MultiplyAsync(x, session.Add(x, y)));
})));
double[] expected = [8.25, 3.5, 6];
bool right = opened.All(values => values.Zip(expected, (a, e) => Math.Abs(a - e)).All(error => error < 1e-4));
Console.WriteLine(right ? "consumer: snippets and a session of one's own work with the packed files" : $"consumer: WRONG {string.Join(" ", opened[0])}");
return right ? 0 : 1;
