using System.Text;

namespace SecureTransformer.Transport;

/// <summary>Texts that cross the network: printable ASCII, at most 256 characters.</summary>
internal static class PublicText
{
    internal const int MaxLength = 256;

    internal static string Sanitise(string text) => string.Create(Math.Min(text.Length, MaxLength), text, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        }
    });

    internal static string Decode(ReadOnlySpan<byte> bytes) =>
        Sanitise(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MaxLength)]));

    internal static int Encode(string text, Span<byte> destination) => Encoding.ASCII.GetBytes(Sanitise(text), destination);
}
