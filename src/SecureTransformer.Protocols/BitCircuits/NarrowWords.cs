using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Words of which only the low bytes are sent.</summary>
internal static class NarrowWords
{
    /// <summary>Writes the low <paramref name="width"/> bytes of each word, little endian.</summary>
    public static void Write(ReadOnlySpan<ulong> words, int width, Span<byte> destination)
    {
        // Words are stored whole; the next ones overwrite what is too much. The last ones do not fit and go byte by byte.
        ref byte target = ref MemoryMarshal.GetReference(destination);
        int total = words.Length * width;
        _ = destination[total - 1];
        int i = 0;
        if (Avx512Vbmi.IsSupported)
        {
            Vector512<byte> narrow = Narrowing(width);
            for (; (i * width) + Vector512<byte>.Count <= total; i += Vector512<ulong>.Count)
            {
                Vector512<ulong> word = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(words), (nuint)i);
                Avx512Vbmi.PermuteVar64x8(word.AsByte(), narrow).StoreUnsafe(ref target, (nuint)(i * width));
            }
        }

        for (int whole = words.Length - (8 / width) - 1; i < whole; i++)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i * width), words[i]);
        }

        for (; i < words.Length; i++)
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
        words.Clear();
        AddShifted(source, width, 0, words);
    }

    /// <summary>target += word shifted left.</summary>
    public static void AddShifted(ReadOnlySpan<byte> source, int width, int shift, Span<ulong> target)
    {
        var reader = new Reader(source, width);
        int i = 0;
        for (; i < target.Length && reader.HasEight(i); i += Vector512<ulong>.Count)
        {
            Span<ulong> part = target.Slice(i, Vector512<ulong>.Count);
            (Vector512.Create<ulong>(part) + (reader.Eight(i) << shift)).CopyTo(part);
        }

        for (; i < target.Length; i++)
        {
            target[i] = unchecked(target[i] + (reader.One(i) << shift));
        }
    }

    /// <summary>Where each of the bytes of eight words goes when the words are set one after another.</summary>
    private static Vector512<byte> Narrowing(int width)
    {
        Span<byte> from = stackalloc byte[Vector512<byte>.Count];
        for (int i = 0; i < from.Length; i++)
        {
            from[i] = (byte)(((i / width * 8) + (i % width)) & 63);
        }

        return Vector512.Create<byte>(from);
    }

    /// <summary>Reads single words or eight at a time.</summary>
    internal readonly ref struct Reader
    {
        private readonly ReadOnlySpan<byte> _source;
        private readonly int _width;
        private readonly Vector512<byte> _spread;
        private readonly Vector512<ulong> _mask;

        public Reader(ReadOnlySpan<byte> source, int width)
        {
            _source = source;
            _width = width;
            Span<byte> from = stackalloc byte[Vector512<byte>.Count];
            for (int i = 0; i < from.Length; i++)
            {
                from[i] = (byte)((i / 8 * width) + Math.Min(i % 8, width - 1));
            }

            _spread = Vector512.Create<byte>(from);
            _mask = Vector512.Create(width == 8 ? ulong.MaxValue : (1UL << (8 * width)) - 1);
        }

        /// <summary>Whether the processor and the source allow words <paramref name="index"/> to <paramref name="index"/> + 7 to be read at once.</summary>
        public bool HasEight(int index) => Avx512Vbmi.IsSupported && (index * _width) + Vector512<byte>.Count <= _source.Length;

        public Vector512<ulong> Eight(int index) =>
            Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(_source), (nuint)(index * _width)), _spread).AsUInt64() & _mask;

        public ulong One(int index)
        {
            int at = index * _width;
            if (at + 8 <= _source.Length)
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(_source[at..]) & _mask[0];
            }

            ulong value = 0;
            for (int b = 0; b < _width; b++)
            {
                value |= (ulong)_source[at + b] << (8 * b);
            }

            return value;
        }
    }
}
