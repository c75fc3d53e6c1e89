using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Words of which only the low bytes are sent.</summary>
internal static class NarrowWords
{
    /// <summary>Writes the low <paramref name="width"/> bytes of each word, little endian.</summary>
    public static void Write(ReadOnlySpan<ulong> words, int width, Span<byte> destination)
    {
        // Each word is stored whole; the next one overwrites what is too much. The last ones do not fit and go byte by byte.
        int whole = Math.Max(0, words.Length - (8 / width) - 1);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        _ = destination[(words.Length * width) - 1];
        for (int i = 0; i < whole; i++)
        {
            System.Runtime.CompilerServices.Unsafe.WriteUnaligned(ref System.Runtime.CompilerServices.Unsafe.Add(ref target, i * width), words[i]);
        }

        for (int i = whole; i < words.Length; i++)
        {
            for (int b = 0; b < width; b++)
            {
                destination[(i * width) + b] = (byte)(words[i] >> (8 * b));
            }
        }
    }

    /// <summary>Reads words of <paramref name="width"/> bytes; the high bytes are zero.</summary>
    public static void Read(ReadOnlySpan<byte> source, int width, Span<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = ReadOne(source, i, width);
        }
    }

    /// <summary>target += word shifted left.</summary>
    public static void AddShifted(ReadOnlySpan<byte> source, int width, int shift, Span<ulong> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = unchecked(target[i] + (ReadOne(source, i, width) << shift));
        }
    }

    private static ulong ReadOne(ReadOnlySpan<byte> source, int index, int width)
    {
        int at = index * width;
        if (at + 8 <= source.Length)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(source[at..]);
            return width == 8 ? word : word & ((1UL << (8 * width)) - 1);
        }

        ulong value = 0;
        for (int b = 0; b < width; b++)
        {
            value |= (ulong)source[at + b] << (8 * b);
        }

        return value;
    }
}
