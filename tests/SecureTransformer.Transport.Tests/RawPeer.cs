using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SecureTransformer.Transport.Tests;

/// <summary>A peer that holds a listed key and writes the wire format by hand, rightly or wrongly.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly TcpClient _tcp = new();

    private RawPeer()
    {
    }

    public SslStream Stream { get; private set; } = null!;

    public static async Task<RawPeer> ConnectAsync(NetworkDescription description, int to, PartyIdentity identity, SslProtocols protocols = SslProtocols.Tls13)
    {
        RawPeer peer = new();
        NetworkParty target = to == description.Parties.Count ? description.Dealer! : description.Parties[to];
        await peer._tcp.ConnectAsync(target.Host, target.Port);
        peer.Stream = new SslStream(peer._tcp.GetStream());
        await peer.Stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "anything",
            ClientCertificateContext = SslStreamCertificateContext.Create(CertificateOf(identity), null, offline: true),
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        return peer;
    }

    /// <summary>Connects and greets as a lower party or, with sender -1, as a client.</summary>
    public static async Task<RawPeer> GreetAsync(
        NetworkDescription description, int to, PartyIdentity identity, SessionId session, int sender, ushort version = 1, int? receiver = null, byte[]? digest = null)
    {
        RawPeer peer = await ConnectAsync(description, to, identity);
        byte[] hello = new byte[63];
        BinaryPrimitives.WriteUInt16LittleEndian(hello, version);
        session.CopyTo(hello.AsSpan(2));
        hello[18] = (byte)(sender < 0 ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(19), sender);
        BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(23), receiver ?? to);
        BinaryPrimitives.WriteInt32LittleEndian(hello.AsSpan(27), description.Parties.Count + (description.Dealer is null ? 0 : 1));
        string parties = string.Concat(description.Parties.Select(p => $"{p.Id} {p.Fingerprint}\n"))
            + (description.Dealer is null ? "" : $"dealer {description.Dealer.Fingerprint}\n");
        (digest ?? SHA256.HashData(Encoding.ASCII.GetBytes(parties))).CopyTo(hello, 31);
        await peer.SendAsync(session, 0, 0xFF01, hello);
        return peer;
    }

    public static byte[] Header(SessionId session, ulong sequence, ushort operation, int length, int clock = 1)
    {
        byte[] header = new byte[32];
        Span<byte> id = stackalloc byte[16];
        session.CopyTo(id);
        "STF1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(4), BinaryPrimitives.ReadUInt64BigEndian(id));
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(12), sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), operation);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), clock);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), length);
        return header;
    }

    public async Task SendAsync(SessionId session, ulong sequence, ushort operation, byte[] payload) =>
        await Stream.WriteAsync((byte[])[.. Header(session, sequence, operation, payload.Length), .. payload]);

    /// <summary>One frame, as its operation and payload.</summary>
    public async Task<(ushort Operation, string Text)> ReadAsync()
    {
        byte[] header = new byte[32];
        await Stream.ReadExactlyAsync(header);
        byte[] payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(28))];
        await Stream.ReadExactlyAsync(payload);
        return (BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(20)), Encoding.ASCII.GetString(payload));
    }

    /// <summary>Ends like a process that was killed.</summary>
    public void Kill()
    {
        _tcp.Client.LingerState = new LingerOption(true, 0);
        _tcp.Client.Dispose();
    }

    public void Dispose()
    {
        Stream?.Dispose();
        _tcp.Dispose();
    }

    private static X509Certificate2 CertificateOf(PartyIdentity identity)
    {
        string path = Path.Combine(Path.GetTempPath(), $"identity-{Guid.NewGuid():N}.p12");
        try
        {
            identity.Save(path);
            return X509CertificateLoader.LoadPkcs12FromFile(path, null, X509KeyStorageFlags.EphemeralKeySet);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
