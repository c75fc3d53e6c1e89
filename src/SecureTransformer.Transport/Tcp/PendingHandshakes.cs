using System.Net;
using System.Net.Sockets;

namespace SecureTransformer.Transport;

/// <summary>
/// The newcomers in their handshake: so many from the addresses of parties and as many from all others, and of these only
/// a share from one address: of the parties' places what comes on each of their hosts, so that those of one host have all. When there is no place, a newcomer takes that of the oldest who has sent nothing, or else of
/// the oldest who has been at it for a second. A handshake that has begun is left alone for that second, because its other
/// end may already count on it; one turned away before it began tries again.
/// </summary>
internal sealed class PendingHandshakes(int capacity, int partyHosts, TimeProvider time)
{
    private const int ShareOfOneAddress = 4;
    private const int RoutedBytes = 8;
    private static readonly TimeSpan LeftAlone = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<Newcomer> _inOrder = [];

    /// <summary>A place for a newcomer, at another's cost if need be; null if there is none.</summary>
    internal Newcomer? Admit(Socket socket, IPAddress address, bool isParty)
    {
        Newcomer newcomer = new(socket, NetworkOf(address), isParty, time.GetTimestamp());
        int share = Math.Max(1, capacity / (isParty ? Math.Max(1, partyHosts) : ShareOfOneAddress));
        Newcomer? dropped = null;
        lock (_gate)
        {
            List<Newcomer> rivals = _inOrder.FindAll(n => n.IsParty == isParty);
            List<Newcomer> neighbours = rivals.FindAll(n => n.Network.Equals(newcomer.Network));
            if (neighbours.Count >= share || rivals.Count >= capacity)
            {
                dropped = FindExpendable(neighbours.Count >= share ? neighbours : rivals);
                if (dropped is null)
                {
                    return null;
                }

                _inOrder.Remove(dropped);
            }

            _inOrder.Add(newcomer);
        }

        dropped?.Socket.Dispose();
        return newcomer;
    }

    /// <summary>Gives the place back; false if the newcomer no longer had it, and then its socket is closed.</summary>
    internal bool Leave(Newcomer newcomer)
    {
        lock (_gate)
        {
            return _inOrder.Remove(newcomer);
        }
    }

    /// <summary>Whoever has one address of an IPv6 network usually has all of them.</summary>
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(RoutedBytes).Clear();
        return new IPAddress(bytes);
    }

    private Newcomer? FindExpendable(List<Newcomer> inOrder) =>
        inOrder.Find(n => n.IsSilent)
        ?? inOrder.Find(n => !n.IsAuthenticated && time.GetElapsedTime(n.Since) >= LeftAlone)
        ?? inOrder.Find(n => time.GetElapsedTime(n.Since) >= LeftAlone);

    internal sealed class Newcomer(Socket socket, IPAddress network, bool isParty, long since)
    {
        private volatile bool _isHeard;
        private volatile bool _isAuthenticated;

        internal Socket Socket => socket;

        internal IPAddress Network => network;

        internal bool IsParty => isParty;

        internal long Since => since;

        internal bool IsAuthenticated => _isAuthenticated;

        /// <summary>Nothing has come from it, also nothing that nobody has got round to reading.</summary>
        internal bool IsSilent
        {
            get
            {
                try
                {
                    return !_isHeard && socket.Available == 0;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return true;
                }
            }
        }

        internal void Heard() => _isHeard = true;

        internal void Authenticated() => _isAuthenticated = true;
    }
}
