using System.Text.Json;
using SecureTransformer.Transport;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Party processes on loopback, and a dealer where one is wanted, each with its own key, and the keys of a model's owner and a client.</summary>
internal sealed class Deployment : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _protocol;

    public Deployment(int parties = 3, string protocol = "replicated", bool hasDealer = true)
    {
        _protocol = protocol;
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(parties + 1);
        var fingerprints = new Dictionary<string, string>();
        foreach (string name in (string[])[.. Enumerable.Range(0, parties).Select(i => $"party-{i}"), "dealer", "owner", "client", "stranger"])
        {
            using var identity = PartyIdentity.Create(name);
            identity.Save(Key(name));
            fingerprints[name] = identity.Fingerprint;
        }

        Description = new NetworkDescription
        {
            Parties = [.. ports.Take(parties).Select((port, i) => new NetworkParty { Id = i, Host = "127.0.0.1", Port = port, Fingerprint = fingerprints[$"party-{i}"] })],
            Dealer = protocol == "additive" && hasDealer ? new NetworkParty { Id = parties, Host = "127.0.0.1", Port = ports[parties], Fingerprint = fingerprints["dealer"] } : null,
            Clients = [fingerprints["client"]],
            Owners = [fingerprints["owner"]],
        };
        Description.Save(Network);
        StrangerFingerprint = fingerprints["stranger"];
    }

    public NetworkDescription Description { get; }

    public string StrangerFingerprint { get; }

    public string Network => _folder["network.json"];

    public Tool[] Parties { get; private set; } = [];

    /// <summary>The folder with the parties' material, where they have some; each is given its own part.</summary>
    public string? Material { get; set; }

    /// <summary>Whether each party writes profiles, to its folder in "profiles".</summary>
    public bool HasProfiles { get; init; }

    /// <summary>The dealer's process, where there is a dealer.</summary>
    public Tool? Dealer { get; set; }

    public string this[string file] => _folder[file];

    public string Key(string name) => _folder[$"{name}.p12"];

    public Tool StartParty(int party, int timeout = 10) => Tool.Start(
        [
            "party", "--network", Network, "--key", Key($"party-{party}"), "--timeout", $"{timeout}",
            .. Material is null ? (string[])[] : ["--material", Path.Combine(Material, $"party-{party}")],
            .. HasProfiles ? (string[])["--profile", Path.Combine(_folder["profiles"], $"party-{party}")] : [],
        ]);

    public Tool StartDealer(int timeout = 10) => Tool.Start("dealer", "--network", Network, "--key", Key("dealer"), "--timeout", $"{timeout}");

    public async Task<Deployment> StartAsync(int timeout = 10, string? model = null, string nonlinear = "exact")
    {
        Parties = [.. Description.Parties.Select(p => StartParty(p.Id, timeout))];
        Dealer = Description.Dealer is null ? null : StartDealer(timeout);
        (await LoadAsync(model, nonlinear: nonlinear)).AssertSucceeded();
        return this;
    }

    public Task<ToolResult> LoadAsync(string? model = null, string key = "owner", string nonlinear = "exact") =>
        Tool.RunAsync(30, "load", "--network", Network, "--key", Key(key), "--model", model ?? TemporaryFolder.Model, "--protocol", _protocol, "--nonlinear", nonlinear, "--timeout", "10");

    /// <summary>Writes a client file, which differs from the right one as said.</summary>
    public string ClientFile(string? model = null, string key = "client", int bits = 18, string? network = null, int? padTo = null, string? nonlinear = null)
    {
        string file = _folder[$"client-{Guid.NewGuid():N}.json"];
        var fields = new Dictionary<string, object>
        {
            ["network"] = network ?? "network.json",
            ["identity"] = $"{key}.p12",
            ["model"] = model ?? TemporaryFolder.Model,
            ["protocol"] = _protocol,
            ["fractional_bits"] = bits,
        };
        if (padTo is { } length)
        {
            fields["pad_to"] = length;
        }

        if (nonlinear is not null)
        {
            fields["nonlinear"] = nonlinear;
        }

        File.WriteAllText(file, JsonSerializer.Serialize(fields));
        return file;
    }

    public static Task<ToolResult> AskAsync(string clientFile, int timeout = 10, int seconds = 30) =>
        Tool.RunAsync(seconds, "infer", "--client", clientFile, "--text", "my mother cannot breathe.", "--timeout", $"{timeout}");

    public void Dispose()
    {
        foreach (Tool party in Parties)
        {
            party.Dispose();
        }

        Dealer?.Dispose();
        _folder.Dispose();
    }
}
