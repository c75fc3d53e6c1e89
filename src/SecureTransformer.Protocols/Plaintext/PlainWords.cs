using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>Words in the clear, for the sessions without privacy.</summary>
internal static class PlainWords
{
    public delegate Span<ulong> Words();

    public static bool[] Bits(ReadOnlySpan<ulong> words, SecretBits bits)
    {
        var values = new bool[bits.Shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ((words[i >> 6] >> (i & 63)) & 1) != 0;
        }

        return values;
    }

    public static async ValueTask ReceiveAsync(IChannel source, Words target, CancellationToken cancellationToken)
    {
        int count = target().Length;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await source.ReceiveAsync(Operations.Import, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            frame.Words.CopyTo(target()[start..]);
        }
    }

    public static async ValueTask KeepAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await source.ReceiveAsync(Operations.Import, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            destination.Write(frame.Span);
        }
    }

    public static void Send(IChannel destination, ReadOnlySpan<ulong> words)
    {
        foreach ((int start, int length) in new Chunks(words.Length))
        {
            FrameBuffer frame = destination.Rent(length * sizeof(ulong));
            words.Slice(start, length).CopyTo(frame.Words);
            destination.Send(frame, Operations.Export);
        }
    }
}
