using System.Text.Json.Serialization;

namespace SecureTransformer.Transport;

/// <summary>One party of a <see cref="NetworkDescription"/>, or its dealer.</summary>
public sealed class NetworkParty
{
    /// <summary>The party, from 0; the dealer comes after the last.</summary>
    public required int Id { get; init; }

    /// <summary>The host name or address that others reach it by.</summary>
    public required string Host { get; init; }

    /// <summary>The TCP port that it listens on.</summary>
    public required int Port { get; init; }

    /// <summary>Its <see cref="PartyIdentity.Fingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The party and its address as errors name them: "party 1 (127.0.0.1:5001)".</summary>
    [JsonIgnore]
    public string Description => $"party {Id} ({Address})";

    internal string Address => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
