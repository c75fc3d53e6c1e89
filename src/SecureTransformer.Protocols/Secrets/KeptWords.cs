using System.Runtime.InteropServices;

namespace SecureTransformer.Protocols;

/// <summary>Words of a kept share.</summary>
internal static class KeptWords
{
    /// <summary>Words read at a time: 16 MB. No byte span can cover 2^28 words.</summary>
    private const int Run = 1 << 21;

    /// <summary>Fills a span with the words from a byte on.</summary>
    public static void Read(IShareReader source, long offset, Span<ulong> words)
    {
        for (int start = 0; start < words.Length; start += Run)
        {
            Span<ulong> run = words.Slice(start, Math.Min(Run, words.Length - start));
            source.Read(offset + ((long)start * sizeof(ulong)), MemoryMarshal.AsBytes(run));
        }
    }
}
