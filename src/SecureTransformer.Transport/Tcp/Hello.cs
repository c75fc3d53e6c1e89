using System.Buffers.Binary;

namespace SecureTransformer.Transport;

internal enum PeerRole : byte
{
    Party = 0,
    Client = 1,
}

/// <summary>
/// The first frame on a connection, from the end that connected: version (2), session (16), role (1), sender (4),
/// receiver (4), number of places (4), digest of the parties (32). Version and session stand first in every version.
/// </summary>
internal sealed record Hello(ushort Version, SessionId Session, PeerRole Role, int Sender, int Receiver, int PartyCount, ReadOnlyMemory<byte> Digest)
{
    internal const ushort CurrentVersion = 1;
    internal const ushort Operation = 0xFF01;
    internal const ushort WelcomeOperation = 0xFF02;
    internal const ushort RefusalOperation = 0xFF03;
    private const int CommonSize = 2 + SessionId.Size;
    private const int DigestSize = 32;
    private const int Size = CommonSize + 13 + DigestSize;

    internal byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        Session.CopyTo(bytes.AsSpan(2));
        bytes[18] = (byte)Role;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(19), Sender);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(23), Receiver);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(27), PartyCount);
        Digest.Span.CopyTo(bytes.AsSpan(31));
        return bytes;
    }

    /// <summary>Null if the bytes are no greeting at all; of another version, only version and session are read.</summary>
    internal static Hello? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < CommonSize)
        {
            return null;
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        SessionId session = SessionId.FromBytes(bytes.Slice(2, SessionId.Size));
        if (version != CurrentVersion)
        {
            return new Hello(version, session, default, -1, -1, 0, default);
        }

        return bytes.Length != Size || bytes[18] > (byte)PeerRole.Client
            ? null
            : new Hello(
                version,
                session,
                (PeerRole)bytes[18],
                BinaryPrimitives.ReadInt32LittleEndian(bytes[19..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[23..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[27..]),
                bytes[31..].ToArray());
    }
}
