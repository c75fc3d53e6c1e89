using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Words of which only the low bytes are sent.</summary>
internal static class NarrowWords
{
    /// <summary>The bytes past its words that a source may be read to, whatever they are.</summary>
    public const int Slack = 64;

    /// <summary>By width, where each of the bytes of eight words goes when the words are set one after another.</summary>
    private static readonly ImmutableArray<Vector512<byte>> s_narrowing = ByWidth((width, i) => ((i / width * 8) + (i % width)) & 63);

    /// <summary>By width, where each of the bytes of eight words comes from when the words are set one after another.</summary>
    private static readonly ImmutableArray<Vector512<byte>> s_spreading = ByWidth((width, i) => (i / 8 * width) + Math.Min(i % 8, width - 1));

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
            Vector512<byte> narrow = s_narrowing[width];
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

    /// <summary>Reads words of <paramref name="width"/> bytes; the high bytes are zero. A source with <see cref="Slack"/> bytes more is read faster.</summary>
    public static void Read(ReadOnlySpan<byte> source, int width, Span<ulong> words)
    {
        var reader = new Reader(source, width);
        int i = 0;
        for (; i <= words.Length - 8 && reader.HasEight(i); i += 8)
        {
            reader.Eight(i).StoreUnsafe(ref MemoryMarshal.GetReference(words), (nuint)i);
        }

        for (; i <= words.Length - 2 && reader.HasTwo(i); i += 2)
        {
            reader.Two(i).StoreUnsafe(ref MemoryMarshal.GetReference(words), (nuint)i);
        }

        for (; i < words.Length; i++)
        {
            words[i] = reader.One(i);
        }
    }

    /// <summary>target += word shifted left.</summary>
    public static void AddShifted(ReadOnlySpan<byte> source, int width, int shift, Span<ulong> target)
    {
        var reader = new Reader(source, width);
        int i = 0;
        ref ulong words = ref MemoryMarshal.GetReference(target);
        for (; i <= target.Length - 8 && reader.HasEight(i); i += 8)
        {
            (Vector512.LoadUnsafe(ref words, (nuint)i) + (reader.Eight(i) << shift)).StoreUnsafe(ref words, (nuint)i);
        }

        for (; i <= target.Length - 2 && reader.HasTwo(i); i += 2)
        {
            (Vector128.LoadUnsafe(ref words, (nuint)i) + (reader.Two(i) << shift)).StoreUnsafe(ref words, (nuint)i);
        }

        for (; i < target.Length; i++)
        {
            target[i] = unchecked(target[i] + (reader.One(i) << shift));
        }
    }

    private static ImmutableArray<Vector512<byte>> ByWidth(Func<int, int, int> source)
    {
        var all = new Vector512<byte>[sizeof(ulong) + 1];
        byte[] from = new byte[Vector512<byte>.Count];
        for (int width = 1; width < all.Length; width++)
        {
            for (int i = 0; i < from.Length; i++)
            {
                from[i] = (byte)source(width, i);
            }

            all[width] = Vector512.Create(from);
        }

        return [.. all];
    }

    /// <summary>Reads single words, or two or eight at a time.</summary>
    internal readonly ref struct Reader
    {
        private readonly ReadOnlySpan<byte> _source;
        private readonly int _width;
        private readonly Vector512<byte> _spread;
        private readonly Vector512<ulong> _mask;
        private readonly Vector128<byte> _pair;

        public Reader(ReadOnlySpan<byte> source, int width)
        {
            _source = source;
            _width = width;
            _spread = s_spreading[width];
            _mask = Vector512.Create(width == 8 ? ulong.MaxValue : (1UL << (8 * width)) - 1);
            _pair = _spread.GetLower().GetLower();
        }

        /// <summary>Whether the processor and the source allow words <paramref name="index"/> to <paramref name="index"/> + 7 to be read at once.</summary>
        public bool HasEight(int index) => Avx512Vbmi.IsSupported && (index * _width) + Vector512<byte>.Count <= _source.Length;

        public Vector512<ulong> Eight(int index) =>
            Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(_source), (nuint)(index * _width)), _spread).AsUInt64() & _mask;

        /// <summary>Whether the processor and the source allow two words to be read at once.</summary>
        public bool HasTwo(int index) => Vector128.IsHardwareAccelerated && (index * _width) + Vector128<byte>.Count <= _source.Length;

        public Vector128<ulong> Two(int index) =>
            Vector128.ShuffleNative(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(_source), (nuint)(index * _width)), _pair).AsUInt64() & _mask.GetLower().GetLower();

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
