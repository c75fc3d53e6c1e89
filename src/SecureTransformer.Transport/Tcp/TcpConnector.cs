using System.Net.Sockets;
using System.Security.Authentication;

namespace SecureTransformer.Transport;

/// <summary>The connecting end of a handshake: reach a party, check its key, greet it, be welcomed.</summary>
internal sealed class TcpConnector(NetworkDescription description, PartyIdentity identity, TransportOptions options)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(500);

    private readonly byte[] _digest = description.PartiesDigest();

    /// <summary>Tries until the token ends, which is the connect time-out or the caller's wish.</summary>
    internal async Task<TlsConnection> ConnectAsync(
        int partyId, SessionId session, PeerRole role, int sender, CancellationToken timeout, CancellationToken cancellationToken)
    {
        NetworkParty party = description.Place(partyId);
        string name = description.Describe(partyId);
        Hello hello = new(Hello.CurrentVersion, session, role, sender, partyId, description.PlaceCount, _digest);
        TlsConnection? connection = null;
        string stage = "could not be reached";
        string trouble = string.Empty;
        try
        {
            connection = await ReachAsync(party, name, complaint => trouble = $": {complaint}", timeout).ConfigureAwait(false);
            (stage, trouble) = ($"did not open session {session}", string.Empty);
            await GreetAsync(connection, name, hello, timeout).ConfigureAwait(false);
            TransportLog.Connected(options.Logger, name);
            return connection;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new PeerTimeoutException($"{name} {stage} within {options.ConnectTimeout.TotalSeconds:0.###} s{trouble}.");
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private async Task<TlsConnection> ReachAsync(NetworkParty party, string name, Action<string> trouble, CancellationToken cancellationToken)
    {
        TimeSpan delay = FirstDelay;
        while (true)
        {
            try
            {
                return await TryOnceAsync(party, name, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Not there yet, or too busy to shake hands: parties may start in any order.
                trouble(e.Message);
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            delay = delay * 1.5 < LongestDelay ? delay * 1.5 : LongestDelay;
        }
    }

    private async Task<TlsConnection> TryOnceAsync(NetworkParty party, string name, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        string shown = string.Empty;
        try
        {
            TlsConnection.Configure(socket);
            await socket.ConnectAsync(party.Host, party.Port, cancellationToken).ConfigureAwait(false);
            return await TlsConnection.AuthenticateAsync(
                socket, asServer: false, identity, fingerprint => fingerprint == party.Fingerprint, fingerprint => shown = fingerprint, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            socket.Dispose();
            throw new ProtocolException(
                shown.Length > 0 && shown != party.Fingerprint
                    ? $"{name} showed the key {shown}, but the network file says {party.Fingerprint}."
                    : $"{name} did not agree to TLS 1.3: {e.Message}",
                e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task GreetAsync(TlsConnection connection, string name, Hello hello, CancellationToken cancellationToken)
    {
        FrameHeader header;
        byte[] payload;
        try
        {
            await HandshakeFrames.WriteAsync(connection.Stream, hello.Session.Tag, Hello.Operation, hello.Encode(), cancellationToken).ConfigureAwait(false);
            (header, payload) = await HandshakeFrames.ReadAsync(connection.Stream, cancellationToken).ConfigureAwait(false);
        }
        catch (ProtocolException e)
        {
            throw new ProtocolException($"{name} {e.Message}.", e);
        }
        catch (IOException e)
        {
            throw new IOException(
                $"{name} closed the connection during the handshake; its network file may not list our key {identity.Fingerprint}.", e);
        }

        if (header.Operation == Hello.RefusalOperation)
        {
            throw new ProtocolException($"{name} refused the connection: {PublicText.Decode(payload)}");
        }

        if (header.Operation != Hello.WelcomeOperation || header.SessionTag != hello.Session.Tag)
        {
            throw new ProtocolException($"{name} sent operation {header.Operation} where a welcome was expected.");
        }
    }
}
