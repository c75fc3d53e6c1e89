using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureTransformer.Transport;

/// <summary>Who is on a TCP network and where: the content of the network file, the same for all parties and clients.</summary>
public sealed class NetworkDescription
{
    private const long MaxFileLength = 16 << 20;
    private const int MaxParties = 256;

    /// <summary>The format of the file; 1.</summary>
    [JsonRequired]
    public int Version { get; init; } = 1;

    /// <summary>The parties, by id from 0.</summary>
    public required IReadOnlyList<NetworkParty> Parties { get; init; }

    /// <summary>The dealer, for protocols that have one: its id is the number of parties. Null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkParty? Dealer { get; init; }

    /// <summary>
    /// How many of the parties may collude, for protocols where one chooses it: what the parties insist on, and clients and owners take where they are not told otherwise. Null
    /// for the protocol's own.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Threshold { get; init; }

    /// <summary>The fingerprints of the clients that the parties serve.</summary>
    [JsonRequired]
    public IReadOnlyList<string> Clients { get; init; } = [];

    /// <summary>The fingerprints of those who may hand the parties a model. They may be listed as clients too; they are not served as clients otherwise.</summary>
    public IReadOnlyList<string>? Owners { get; init; }

    /// <summary>Reads a network file.</summary>
    /// <param name="path">A JSON file.</param>
    /// <returns>The description, validated.</returns>
    /// <exception cref="InvalidDataException">The file is malformed; the message names it and what is wrong.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NetworkDescription Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length > MaxFileLength)
        {
            throw new InvalidDataException($"The network file '{path}' has {stream.Length} bytes, more than {MaxFileLength}.");
        }

        try
        {
            NetworkDescription description = JsonSerializer.Deserialize(stream, NetworkJson.Default.NetworkDescription)
                ?? throw new InvalidDataException($"The network file '{path}' is empty.");
            description.Validate();
            return description;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The network file '{path}' is not as expected: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The network file '{path}' is not as expected: {e.Message}", e);
        }
    }

    /// <summary>Writes a network file.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <exception cref="ArgumentException">The description is not valid.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Validate();
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        JsonSerializer.Serialize(stream, this, NetworkJson.Default.NetworkDescription);
    }

    /// <summary>Checks everything: ids in order, hosts, ports, fingerprints, nothing twice.</summary>
    /// <exception cref="ArgumentException">Something is wrong; the message names it.</exception>
    public void Validate()
    {
        Require(Version == 1, $"version {Version} is not known; this library reads version 1");
        Require(Parties is { Count: > 0 and <= MaxParties }, $"there are 1 to {MaxParties} parties, not {Parties?.Count ?? 0}");
        Require(Clients is not null, "clients is null");
        Require(Threshold is null || (Threshold >= 0 && Threshold < Parties!.Count), $"the threshold of {Parties!.Count} parties is from 0 to {Parties.Count - 1}, not {Threshold}");
        HashSet<string> fingerprints = [], addresses = [];
        for (int i = 0; i < Parties!.Count; i++)
        {
            Require(Parties[i] is not null, $"party {i} is null");
            Require(Parties[i].Id == i, $"parties are listed by id from 0, but entry {i} has id {Parties[i].Id}");
        }

        Require(Dealer is null || Dealer.Id == Parties.Count, $"the dealer's id is the number of parties, {Parties.Count}, not {Dealer?.Id}");
        for (int i = 0; i < PlaceCount; i++)
        {
            NetworkParty party = Place(i);
            string name = NameOf(i);
            Require(party.Port is > 0 and < 65536, $"{name} has port {party.Port}");
            Require(
                party.Host is { Length: > 0 and <= 255 } && Uri.CheckHostName(party.Host) != UriHostNameType.Unknown,
                $"the host of {name} is not a host name or address");
            Require(PartyIdentity.IsFingerprint(party.Fingerprint), $"the fingerprint of {name} is not 64 lower-case hexadecimal digits");
            Require(fingerprints.Add(party.Fingerprint), $"{name} has the fingerprint of another party");
            Require(addresses.Add($"{party.Host}:{party.Port}"), $"{name} has the address of another party");
        }

        foreach (string? client in Clients!)
        {
            Require(PartyIdentity.IsFingerprint(client), "the fingerprint of a client is not 64 lower-case hexadecimal digits");
            Require(fingerprints.Add(client!), $"the client fingerprint {client} is listed twice, or is a party's");
        }

        HashSet<string> owners = [.. Enumerable.Range(0, PlaceCount).Select(i => Place(i).Fingerprint)];
        foreach (string? owner in Owners ?? [])
        {
            Require(PartyIdentity.IsFingerprint(owner), "the fingerprint of an owner is not 64 lower-case hexadecimal digits");
            Require(owners.Add(owner!), $"the owner fingerprint {owner} is listed twice, or is a party's");
        }
    }

    /// <summary>The parties and, after them, the dealer.</summary>
    internal int PlaceCount => Parties.Count + (Dealer is null ? 0 : 1);

    internal int? DealerPlace => Dealer is null ? null : Parties.Count;

    /// <summary>How many there are, in words.</summary>
    internal string Census => $"{Parties.Count} parties{(Dealer is null ? "" : " and a dealer")}";

    internal NetworkParty Place(int id) => id == DealerPlace ? Dealer! : (uint)id < (uint)Parties.Count ? Parties[id] : throw new ArgumentOutOfRangeException(nameof(id), id, $"There are {Census}.");

    /// <summary>"party 1", or "the dealer".</summary>
    internal string NameOf(int place) => PlaceNames.Of(place, DealerPlace);

    /// <summary>The name and the address: "the dealer (127.0.0.1:5003)".</summary>
    /// <param name="place">A party, or the number of parties for the dealer.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public string Describe(int place) => $"{NameOf(place)} ({Place(place).Address})";

    /// <summary>What both ends of a link must agree on: SHA-256 over the ids and fingerprints of parties and dealer, and the threshold where there is one.</summary>
    internal byte[] PartiesDigest() => SHA256.HashData(Encoding.ASCII.GetBytes(
        string.Concat(Parties.Select(p => $"{p.Id} {p.Fingerprint}\n")) + (Dealer is null ? "" : $"dealer {Dealer.Fingerprint}\n")
        + (Threshold is null ? "" : $"threshold {Threshold}\n")));

    private static void Require(bool condition, string complaint)
    {
        if (!condition)
        {
            throw new ArgumentException($"Network description: {complaint}.");
        }
    }
}
