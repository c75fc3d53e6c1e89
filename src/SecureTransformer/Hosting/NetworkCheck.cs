using System.Net;
using System.Net.Sockets;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>One thing that was tested before a run.</summary>
public sealed class CheckResult
{
    internal CheckResult(string name, bool passed, string message) => (Name, Passed, Message) = (name, passed, message);

    /// <summary>What was tested.</summary>
    public string Name { get; }

    /// <summary>Whether it is in order.</summary>
    public bool Passed { get; }

    /// <summary>What was found, and what to do about it.</summary>
    public string Message { get; }
}

/// <summary>Tests a network before a run: files, keys, ports, certificates, versions, clocks and the model.</summary>
public static class NetworkCheck
{
    private static readonly TimeSpan s_largestClockDifference = TimeSpan.FromMinutes(1);

    /// <summary>Tests all that can be tested from this host.</summary>
    /// <param name="networkFile">The network file.</param>
    /// <param name="keyFile">The key of a party or the dealer (tests its port and the way to the others) or of a client (asks the running parties).</param>
    /// <param name="modelDirectory">A model whose files are tested too; or null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<CheckResult>> RunAsync(
        string networkFile, string keyFile, string? modelDirectory = null, CancellationToken cancellationToken = default)
    {
        var results = new List<CheckResult>();
        NetworkDescription? network = Try(results, "network file", () => NetworkDescription.Load(networkFile), n => $"{n.Parties.Count} parties{(n.Dealer is null ? "" : " and a dealer")}, {n.Clients.Count} clients, {n.Owners?.Count ?? 0} model owners");
        using PartyIdentity? identity = Try(results, "key file", () => PartyIdentity.Load(keyFile), k => $"fingerprint {k.Fingerprint}");
        if (modelDirectory is not null)
        {
            Try(results, "model", () => ReadModel(modelDirectory), text => text);
        }

        if (network is null || identity is null)
        {
            return results;
        }

        NetworkParty[] places = [.. network.Parties, .. network.Dealer is { } dealer ? [dealer] : Array.Empty<NetworkParty>()];
        NetworkParty? self = Array.Find(places, p => p.Fingerprint == identity.Fingerprint);
        if (self is not null)
        {
            CheckPort(results, self);
            foreach (NetworkParty other in places.Where(p => p.Id != self.Id))
            {
                await CheckReachableAsync(results, other, network.Describe(other.Id), cancellationToken).ConfigureAwait(false);
            }
        }
        else if (network.Clients.Contains(identity.Fingerprint) || network.Owners?.Contains(identity.Fingerprint) == true)
        {
            await AskPartiesAsync(results, network, identity, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            results.Add(new CheckResult("key", false, "the key belongs to no party, dealer or client of the network file; add its fingerprint there"));
        }

        return results;
    }

    private static T? Try<T>(List<CheckResult> results, string name, Func<T> read, Func<T, string> describe)
        where T : class
    {
        try
        {
            T value = read();
            results.Add(new CheckResult(name, true, describe(value)));
            return value;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            results.Add(new CheckResult(name, false, error.Message));
            return null;
        }
    }

    private static string ReadModel(string directory)
    {
        var architecture = ModelArchitecture.Create(ModelConfig.FromDirectory(directory));
        using ModelWeights weights = ModelWeights.Open(directory);
        WeightSource.Validate(weights, architecture);
        return $"{architecture.Config.ModelType}, {architecture.Weights.Sum(w => (long)w.Shape.Count):N0} weights";
    }

    private static void CheckPort(List<CheckResult> results, NetworkParty self)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, self.Port);
            listener.Start();
            results.Add(new CheckResult($"port {self.Port}", true, "free on this host"));
        }
        catch (SocketException error)
        {
            results.Add(new CheckResult($"port {self.Port}", false, $"cannot be listened on ({error.Message}); another program, or this party, has it"));
        }
    }

    private static async Task CheckReachableAsync(List<CheckResult> results, NetworkParty party, string name, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(party.Host, party.Port, timeout.Token).ConfigureAwait(false);
            results.Add(new CheckResult(name, true, "listens"));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            results.Add(new CheckResult(name, true, "its host answers; nothing runs there yet"));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(new CheckResult(name, false, "does not answer: is its host up, and is the port open in its firewall?"));
        }
    }

    private static async Task AskPartiesAsync(List<CheckResult> results, NetworkDescription network, PartyIdentity identity, CancellationToken cancellationToken)
    {
        IClientEndpoint endpoint = TcpNetwork.CreateClient(network, identity, new TransportOptions { ConnectTimeout = TimeSpan.FromSeconds(5), ReceiveTimeout = TimeSpan.FromSeconds(10) });
        await using (endpoint.ConfigureAwait(false))
        {
            try
            {
                ClientChannels channels = await endpoint.ConnectAsync(SessionId.New(), cancellationToken).ConfigureAwait(false);
                await using (channels.ConfigureAwait(false))
                {
                    IChannel[] parties = [.. Enumerable.Range(0, channels.PartyCount).Select(i => channels[i])];
                    DateTimeOffset asked = DateTimeOffset.UtcNow;
                    var request = new PartyRequest { Kind = PartyRequest.Check, Protocol = "", FractionalBits = 0, LibraryVersion = HostVersion.Current };
                    PartyRequests.Send(parties, request);
                    PartyReady[] answers = await PartyRequests.ReadyAsync(parties, cancellationToken).ConfigureAwait(false);
                    DateTimeOffset answered = DateTimeOffset.UtcNow;
                    for (int i = 0; i < answers.Length; i++)
                    {
                        results.Add(new CheckResult(network.Parties[i].Description, true, $"certificate as listed, version {answers[i].LibraryVersion}, model {answers[i].Model ?? "none yet"}"));
                        TimeSpan difference = answers[i].Time < asked ? asked - answers[i].Time : answers[i].Time > answered ? answers[i].Time - answered : TimeSpan.Zero;
                        results.Add(new CheckResult(
                            $"clock of party {i}", difference < s_largestClockDifference, difference < s_largestClockDifference ? "agrees" : $"differs by {difference.TotalSeconds:F0} s; set it"));
                    }

                    bool same = answers.All(a => a.Model == answers[0].Model);
                    results.Add(new CheckResult("models", same, same ? "all parties hold the same" : "the parties hold different models; restart them and load one"));
                }
            }
            catch (Exception error) when (error is IOException or ProtocolException)
            {
                results.Add(new CheckResult("parties", false, error.Message));
            }
        }
    }
}
