using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>The names of protocols in files, messages and commands.</summary>
public static class ProtocolNames
{
    private static readonly (MpcProtocol Protocol, string Name)[] s_names =
    [
        (MpcProtocol.PlaintextFloat64, "plaintext"),
        (MpcProtocol.PlaintextFixedPoint, "plaintext-fixed"),
        (MpcProtocol.Replicated3, "replicated"),
        (MpcProtocol.Additive, "additive"),
        (MpcProtocol.Shamir, "shamir"),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All => [.. s_names.Select(n => n.Name)];

    /// <summary>The numbers of parties of a protocol, or the one that is wanted, in words.</summary>
    internal static string PartiesOf(MpcProtocol protocol, int? parties)
    {
        (int least, int most) = MpcProtocols.PartyRangeOf(protocol);
        return parties is { } wanted ? $"{wanted}, as the options say" : most > least ? $"{least} to {most}" : $"{least}";
    }

    /// <summary>What a network file says of the threshold to a protocol: nothing where one does not choose it.</summary>
    public static int? ThresholdFor(this NetworkDescription network, MpcProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(network);
        return MpcProtocols.HasChosenThreshold(protocol) ? network.Threshold : null;
    }

    /// <summary>The name of a protocol.</summary>
    public static string NameOf(MpcProtocol protocol) => s_names.First(n => n.Protocol == protocol).Name;

    /// <summary>The protocol of a name; null where there is none.</summary>
    public static MpcProtocol? Find(string name)
    {
        foreach ((MpcProtocol protocol, string known) in s_names)
        {
            if (known == name)
            {
                return protocol;
            }
        }

        return null;
    }

    /// <summary>The protocol of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static MpcProtocol Parse(string name) =>
        Find(name) ?? throw new ArgumentException($"'{name}' is no protocol; there are {string.Join(", ", All)}.", nameof(name));
}
