using System.Net;
using System.Net.Sockets;

namespace SecureTransformer.Transport;

/// <summary>
/// The addresses that parties connect from, as far as their hosts tell. Names are resolved in the background at the start,
/// and again when a stranger comes and the last time is long ago. For reserving places only: nobody is trusted by address.
/// </summary>
internal sealed class PartyAddresses
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly HashSet<IPAddress> _literals = [];
    private readonly Dictionary<string, IPAddress[]> _named = new(StringComparer.OrdinalIgnoreCase);
    private HashSet<IPAddress> _known;
    private long _resolvedAt;
    private int _resolving;

    internal PartyAddresses(IEnumerable<NetworkParty> parties, TimeProvider time)
    {
        _time = time;
        foreach (NetworkParty party in parties)
        {
            if (IPAddress.TryParse(party.Host, out IPAddress? literal))
            {
                _literals.Add(Plain(literal));
            }
            else
            {
                _named[party.Host] = [];
            }
        }

        _known = _literals;
    }

    /// <summary>An address without what depends on the socket that saw it: IPv4 as such, IPv6 without its scope.</summary>
    internal static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes())
        : address;

    internal bool Contains(IPAddress address, CancellationToken stopping)
    {
        if (Volatile.Read(ref _known).Contains(address))
        {
            return true;
        }

        if (_named.Count > 0 && _time.GetElapsedTime(Volatile.Read(ref _resolvedAt)) >= Lifetime)
        {
            Resolve(stopping);
        }

        return false;
    }

    /// <summary>Begins to resolve the names, unless that is under way.</summary>
    internal void Resolve(CancellationToken stopping)
    {
        if (_named.Count > 0 && Interlocked.Exchange(ref _resolving, 1) == 0)
        {
            _ = Task.Run(() => ResolveAsync(stopping), CancellationToken.None);
        }
    }

    private async Task ResolveAsync(CancellationToken stopping)
    {
        foreach (string name in _named.Keys.ToArray())
        {
            try
            {
                _named[name] = await Dns.GetHostAddressesAsync(name, stopping).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ArgumentException or OperationCanceledException)
            {
                // Not known now, perhaps not started yet: what it was before stays.
            }
        }

        Volatile.Write(ref _known, [.. _literals, .. _named.Values.SelectMany(a => a).Select(Plain)]);
        Volatile.Write(ref _resolvedAt, _time.GetTimestamp());
        Volatile.Write(ref _resolving, 0);
    }
}
