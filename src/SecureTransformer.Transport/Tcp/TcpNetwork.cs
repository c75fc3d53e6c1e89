using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SecureTransformer.Transport;

/// <summary>
/// Parties and clients on TCP, under TLS 1.3 with both sides authenticated by pinned keys. There is no plaintext mode:
/// without TLS, use <see cref="InMemoryNetwork"/>. Every session has connections of its own; a party listens on one port,
/// and of two parties the one with the lower id connects.
/// </summary>
public static class TcpNetwork
{
    private const int LowestPort = 10_240;
    private const int HighestPort = 32_767;

    /// <summary>Whether this system offers .NET what the network needs: Linux, Windows 11, Windows Server 2022 and later.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindowsVersionAtLeast(10, 0, 20348);

    /// <summary>Starts a party, or the dealer: it listens when this returns.</summary>
    /// <param name="description">The network.</param>
    /// <param name="partyId">Which of its parties this is; the number of parties for the dealer.</param>
    /// <param name="identity">The party's key, which the description must list; the caller disposes it after the endpoint.</param>
    /// <param name="options">Bounds and time-outs; the defaults if null.</param>
    /// <returns>The party's endpoint.</returns>
    /// <exception cref="ArgumentException">Description, id, key or options do not fit.</exception>
    /// <exception cref="IOException">The port cannot be listened on; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">See <see cref="IsSupported"/>.</exception>
    public static IPartyEndpoint StartParty(NetworkDescription description, int partyId, PartyIdentity identity, TransportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(identity);
        ThrowIfUnsupported();
        description.Validate();
        options ??= new TransportOptions();
        options.Validate();
        if ((uint)partyId >= (uint)description.PlaceCount)
        {
            throw new ArgumentOutOfRangeException(nameof(partyId), partyId, $"There are {description.Census}.");
        }

        if (description.Place(partyId).Fingerprint != identity.Fingerprint)
        {
            throw new ArgumentException(
                $"The key {identity.Fingerprint} is not that of {description.NameOf(partyId)}, {description.Place(partyId).Fingerprint}.", nameof(identity));
        }

        return new TcpPartyEndpoint(description, partyId, identity, options);
    }

    /// <summary>Makes a client; it connects when asked to.</summary>
    /// <param name="description">The network.</param>
    /// <param name="identity">The client's key, which the parties' descriptions must list; the caller disposes it after the endpoint.</param>
    /// <param name="options">Bounds and time-outs; the defaults if null.</param>
    /// <returns>The client's endpoint.</returns>
    /// <exception cref="ArgumentException">Description or options do not fit.</exception>
    /// <exception cref="PlatformNotSupportedException">See <see cref="IsSupported"/>.</exception>
    public static IClientEndpoint CreateClient(NetworkDescription description, PartyIdentity identity, TransportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(identity);
        ThrowIfUnsupported();
        description.Validate();
        options ??= new TransportOptions();
        options.Validate();
        return new TcpClientEndpoint(description, identity, options);
    }

    /// <summary>
    /// Ports that nobody listens on at this moment, for parties on this machine. They are below the range that systems
    /// take ports of outgoing connections from; nothing reserves them.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <returns>Distinct ports.</returns>
    /// <exception cref="IOException">There are not enough.</exception>
    public static IReadOnlyList<int> FindFreePorts(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        HashSet<int> ports = [];
        for (int attempt = 0; ports.Count < count; attempt++)
        {
            if (attempt > 100 * (count + 10))
            {
                throw new IOException($"No {count} free ports were found between {LowestPort} and {HighestPort}.");
            }

            int port = RandomNumberGenerator.GetInt32(LowestPort, HighestPort + 1);
            try
            {
                using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Taken; try another.
            }
        }

        return [.. ports];
    }

    private static void ThrowIfUnsupported()
    {
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException(OperatingSystem.IsMacOS()
                ? "On macOS the TLS of .NET does not offer TLS 1.3 with client certificates, so there is no TCP network here; InMemoryNetwork works, and so do Linux and Windows 11."
                : "This system does not offer TLS 1.3 with client certificates (Linux, Windows 11 and Windows Server 2022 do); InMemoryNetwork works.");
        }
    }
}
