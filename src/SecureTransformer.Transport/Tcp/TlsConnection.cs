using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SecureTransformer.Transport;

/// <summary>A TCP connection under TLS 1.3 whose two ends have shown their keys.</summary>
internal sealed class TlsConnection : IDisposable
{
    private const int SocketBufferSize = 1 << 20;

    private TlsConnection(Socket socket, RecordStream records, SslStream stream)
    {
        Socket = socket;
        Records = records;
        Stream = stream;
    }

    internal Socket Socket { get; }

    internal RecordStream Records { get; }

    internal SslStream Stream { get; }

    /// <summary>The fingerprint that the peer showed.</summary>
    internal string PeerFingerprint { get; private set; } = string.Empty;

    /// <summary>The other end's address as the system knows it.</summary>
    internal string RemoteAddress { get; private init; } = string.Empty;

    internal static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SendBufferSize = SocketBufferSize;
        socket.ReceiveBufferSize = SocketBufferSize;
    }

    /// <summary>Takes the socket over. A peer whose fingerprint is not accepted ends it with an <see cref="AuthenticationException"/>.</summary>
    internal static async Task<TlsConnection> AuthenticateAsync(
        Socket socket, bool asServer, PartyIdentity identity, Func<string, bool> accepts, Action<string> seen, CancellationToken cancellationToken)
    {
        RecordStream records = new(socket);
        SslStream stream = new(records, leaveInnerStreamOpen: false);
        TlsConnection connection = new(socket, records, stream) { RemoteAddress = socket.RemoteEndPoint?.ToString() ?? "unknown address" };
        try
        {
            await (asServer
                ? stream.AuthenticateAsServerAsync(ServerOptions(identity.TlsContext, Validate), cancellationToken)
                : stream.AuthenticateAsClientAsync(ClientOptions(identity.TlsContext, Validate), cancellationToken)).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (certificate is not X509Certificate2 shown)
            {
                return false;
            }

            connection.PeerFingerprint = PartyIdentity.FingerprintOf(shown);
            seen(connection.PeerFingerprint);
            return accepts(connection.PeerFingerprint);
        }
    }

    public void Dispose() => Stream.Dispose();

    // The chain is built against nothing, offline, and not consulted: the key's fingerprint alone decides.
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };

    private static SslServerAuthenticationOptions ServerOptions(SslStreamCertificateContext own, RemoteCertificateValidationCallback validate) => new()
    {
        ServerCertificateContext = own,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoChain(),
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = validate,
    };

    private static SslClientAuthenticationOptions ClientOptions(SslStreamCertificateContext own, RemoteCertificateValidationCallback validate) => new()
    {
        TargetHost = "secure-transformer",
        ClientCertificateContext = own,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoChain(),
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = validate,
    };
}
