using System.Buffers.Binary;

namespace SecureTransformer.Transport;

/// <summary>
/// What precedes a payload on a wire, 32 bytes, little-endian: magic and version "STF1", session tag (8), sequence
/// number (8), operation (2), stream (2, zero), sender's clock (4), payload length (4).
/// </summary>
internal readonly record struct FrameHeader(ulong SessionTag, ulong Sequence, ushort Operation, int Clock, int Length)
{
    internal const int Size = 32;
    internal const int MaxClock = 1 << 30;
    private const uint Magic = 0x31465453;

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[4..], SessionTag);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[12..], Sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[20..], Operation);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[22..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(destination[24..], Clock);
        BinaryPrimitives.WriteInt32LittleEndian(destination[28..], Length);
    }

    /// <summary>Reads a header, which is well formed if there is no complaint; the length is then within bounds.</summary>
    internal static FrameHeader Read(ReadOnlySpan<byte> source, out string? complaint)
    {
        FrameHeader header = new(
            BinaryPrimitives.ReadUInt64LittleEndian(source[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(source[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[28..]));
        ushort stream = BinaryPrimitives.ReadUInt16LittleEndian(source[22..]);
        complaint =
            BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic ? "bytes that are not a frame header (wrong magic)"
            : stream != 0 ? $"a frame of stream {stream}, where there is only stream 0"
            : (uint)header.Length > IChannel.MaxFrameLength ? $"a frame of {(uint)header.Length} bytes, more than the {IChannel.MaxFrameLength} allowed"
            : header.Clock is < 0 or > MaxClock ? "a frame with an impossible clock"
            : null;
        return header;
    }
}
