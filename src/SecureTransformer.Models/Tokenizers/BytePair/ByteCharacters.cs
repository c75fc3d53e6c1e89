using System.Buffers;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// The printable character that stands for each byte in the vocabulary of a byte-level tokenizer (Radford et al., 2019, section 2.2): printable
/// Latin-1 stands for itself, and the other bytes, in order, are U+0100 and following.
/// </summary>
internal static class ByteCharacters
{
    private const int Count = 0x144;

    private static readonly char[] OfByte = Build();
    private static readonly short[] ToByte = Invert(OfByte);

    public static char Of(byte value) => OfByte[value];

    /// <summary>Appends the bytes of a token; a token of other characters stands for its own UTF-8, as with Hugging Face.</summary>
    public static void AppendBytes(string token, ArrayBufferWriter<byte> bytes)
    {
        foreach (char c in token)
        {
            if (c >= Count || ToByte[c] < 0)
            {
                AppendUtf8(token, bytes);
                return;
            }
        }

        Span<byte> span = bytes.GetSpan(token.Length);
        for (int i = 0; i < token.Length; i++)
        {
            span[i] = (byte)ToByte[token[i]];
        }

        bytes.Advance(token.Length);
    }

    public static void AppendUtf8(string token, ArrayBufferWriter<byte> bytes) => Encoding.UTF8.GetBytes(token, bytes);

    private static char[] Build()
    {
        char[] characters = new char[256];
        int next = 0x100;
        for (int b = 0; b < 256; b++)
        {
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        }

        return characters;
    }

    private static short[] Invert(char[] characters)
    {
        short[] bytes = new short[Count];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
        {
            bytes[characters[b]] = (short)b;
        }

        return bytes;
    }
}
