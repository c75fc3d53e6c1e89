// Eight people publish a message each, and nobody learns whose is whose: not the readers, not the four nodes that mix the messages, not even when one node is curious.
// After AsynchroMix (HoneyBadgerMPC, Lu et al., CCS 2019, section 4), with a shuffle by groups of nodes in place of its switching network.
// Usage: dotnet run -c Release --project examples/AnonymousMessages [-- "a message" "another message" ...]
using System.Diagnostics;
using System.Globalization;
using AnonymousMessages;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

const int Nodes = 4;
const int Threshold = 1;
const int Liar = 2;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string[] messages = args.Length > 0
    ? args
    : ["the audit was faked", "free soup at noon", "i vote for the blue plan", "the well is not safe", "we meet on thursday", "thank you, stranger", "raise our wages", "the mayor knew"];

try
{
    await using var network = new InMemoryNetwork(Nodes);

    // One node lies when the mixed messages are opened.
    var lies = new ChannelFaults { Wrong = frame => frame.Operation == MpcSession.RevealOperation };
    IPartyEndpoint[] nodes = [.. Enumerable.Range(0, Nodes).Select(node => node == Liar ? lies.Attach(network.Party(node)) : network.Party(node))];
    await using LocalParties parties = LocalParties.Create(MpcProtocol.Shamir, nodes, new SessionOptions { Threshold = Threshold });

    // A sender is no party: it splits its message and gives each node one share.
    var codec = ShareCodec.Create(MpcProtocol.Shamir, Nodes, Threshold);
    var senders = new List<ClientChannels>();
    foreach (string message in messages)
    {
        ClientChannels sender = await network.Client().ConnectAsync(SessionId.New());
        senders.Add(sender);
        await codec.SendAsync([.. Enumerable.Range(0, Nodes).Select(node => sender[node])], Text.ToNumbers(message), fractionalBits: 0, "message");
    }

    var watch = Stopwatch.StartNew();
    Published[] published = await parties.RunAsync(MixAsync);
    watch.Stop();
    foreach (ClientChannels sender in senders)
    {
        await sender.DisposeAsync();
    }

    Console.WriteLine($"Each of the {Nodes} nodes knows, and may keep for ever,");
    Console.WriteLine($"  who sent something: {string.Join(", ", published[0].Senders)};");
    Console.WriteLine("  a share of each message, which is a uniformly random number whatever the message;");
    Console.WriteLine("  one of two orders: it drew that with one other node, and has learnt nothing of what the two others drew;");
    Console.WriteLine("  the messages, in the order that is composed of both:");
    Console.WriteLine();
    Array.ForEach(published[0].Messages, text => Console.WriteLine($"    {text}"));
    Console.WriteLine();
    Console.WriteLine("Why no node can link them: the order that it does not know is uniform, so for every message every sender is as likely as any other.");
    Console.WriteLine($"It takes {Threshold + 1} nodes that collude to link them. While they mix, nodes follow the protocol; when the messages are opened, {Threshold} may lie:");
    foreach (Published node in published.Where(node => node.Node != Liar))
    {
        Console.WriteLine($"  node {node.Node} noticed: {string.Join("; ", node.Faults.Select(fault => fault.What))}");
    }

    Console.WriteLine($"{watch.Elapsed.TotalSeconds:F2} s, {published.Sum(node => node.Bytes):N0} bytes between the nodes for {messages.Length} messages.");

    // All nodes publish what was sent, no more and no less, and all others name the liar alone.
    bool right = published.All(node => node.Messages.Order(StringComparer.Ordinal).SequenceEqual(messages.Order(StringComparer.Ordinal)) && node.Messages.SequenceEqual(published[0].Messages))
        && published.Where(node => node.Node != Liar).All(node => node.Faults.Count == 1 && node.Faults[0] is { Party: Liar, Kind: PartyFaultKind.Wrong });
    return right ? 0 : 1;

    // The program of a node.
    async Task<Published> MixAsync(MpcSession session)
    {
        var connected = new List<ClientConnection>();
        while (connected.Count < messages.Length)
        {
            connected.Add(await nodes[session.PartyId].AcceptClientAsync());
        }

        // All nodes take the senders in the same order. Shares that do not belong to one message end the run, and name the sender.
        connected.Sort((a, b) => string.CompareOrdinal(a.ClientIdentity, b.ClientIdentity));
        var rows = new List<SecretTensor>();
        foreach (ClientConnection sender in connected)
        {
            rows.Add(await session.ImportAsync(sender.Channel, new TensorShape(1, Text.Numbers), fractionalBits: 0));
        }

        SecretTensor mixed = await session.ShuffleRowsAsync(session.Concatenate(rows, axis: 0));
        double[] opened = await session.RevealAsync(mixed);
        connected.ForEach(sender => _ = sender.DisposeAsync().AsTask());
        return new Published(
            session.PartyId, [.. connected.Select(sender => sender.ClientIdentity)], [.. opened.Chunk(Text.Numbers).Select(Text.FromNumbers)], session.Faults, session.Meter.BytesSentTotal);
    }
}
catch (Exception error) when (error is IOException or ArgumentException or ProtocolException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

/// <summary>What a node knows in the end.</summary>
internal sealed record Published(int Node, string[] Senders, string[] Messages, IReadOnlyList<PartyFault> Faults, long Bytes);
