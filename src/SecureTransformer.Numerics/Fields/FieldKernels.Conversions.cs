using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static partial class FieldKernels
{
    /// <summary>Takes words as signed numbers of 64 bits into the field.</summary>
    /// <param name="x">n words.</param>
    /// <param name="destination">n elements, 2n words; apart from <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void EncodeSigned(ReadOnlySpan<ulong> x, Span<ulong> destination)
    {
        Span<Mersenne127> result = Elements(destination, x.Length, nameof(destination));
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Mersenne127.FromInt64(unchecked((long)x[i]));
        }
    }

    /// <summary>Takes words as numbers in [0, 2^64) into the field.</summary>
    /// <inheritdoc cref="EncodeSigned"/>
    public static void EncodeUnsigned(ReadOnlySpan<ulong> x, Span<ulong> destination)
    {
        Span<Mersenne127> result = Elements(destination, x.Length, nameof(destination));
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Mersenne127.FromUInt64(x[i]);
        }
    }

    /// <summary>The representatives of least magnitude modulo 2^64: of elements in [-2^63, 2^63), the numbers that <see cref="EncodeSigned"/> took.</summary>
    /// <param name="x">n elements, 2n words.</param>
    /// <param name="destination">n words; apart from <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void DecodeSigned(ReadOnlySpan<ulong> x, Span<ulong> destination)
    {
        ReadOnlySpan<Mersenne127> elements = Elements(x, destination.Length, nameof(x));
        for (int i = 0; i < destination.Length; i++)
        {
            // x - p = x + 1 modulo 2^64.
            destination[i] = unchecked(elements[i].Low + (elements[i].High >> 62));
        }
    }

    /// <summary>Whether all elements are below 2^127 - 1, as those of this library are. To be asked of words that come from elsewhere.</summary>
    /// <param name="x">An even number of words.</param>
    /// <returns><see langword="true"/> if all elements are canonical.</returns>
    /// <exception cref="ArgumentException">The length is odd.</exception>
    public static bool IsCanonical(ReadOnlySpan<ulong> x)
    {
        ulong wrong = 0;
        foreach (Mersenne127 element in Mersenne127.AsElements(x))
        {
            ulong full = Mersenne127.Bit(element.Low == ulong.MaxValue);
            wrong |= element.High | unchecked(element.High + full);
        }

        return wrong >> 63 == 0;
    }

    /// <summary>Fills a span with independent elements, one block of the generator each: 127 bits of it, where p stands for zero too.</summary>
    /// <remarks>
    /// The distribution of one element is within 2^-127 of the uniform one (statistical distance). Runs of any numbers of elements give the same elements as one fill.
    /// </remarks>
    /// <param name="prg">The generator; its position advances by one block an element.</param>
    /// <param name="destination">An even number of words.</param>
    /// <exception cref="ArgumentException">The length is odd.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    public static void FillUniform(AesCtrPrg prg, Span<ulong> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        CheckLengths(destination.Length, destination.Length);
        prg.Fill(destination);
        FoldBits(destination, vectors: true);
    }

    /// <summary>Fills a span as <see cref="FillUniform"/> does, from a block on, and leaves the generator's position where it is. Several threads may do so at once.</summary>
    /// <param name="prg">The generator.</param>
    /// <param name="position">The block of the first element.</param>
    /// <param name="destination">An even number of words.</param>
    /// <exception cref="ArgumentException">The length is odd.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    public static void FillUniformAt(AesCtrPrg prg, ulong position, Span<ulong> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        CheckLengths(destination.Length, destination.Length);
        prg.FillAt(position, destination);
        FoldBits(destination, vectors: true);
    }

    /// <summary>Any bits: the lowest 127 of each element are kept, and p becomes zero.</summary>
    internal static void FoldBits(Span<ulong> words, bool vectors)
    {
        int done = 0;
        if (vectors && Mersenne127Vector.IsSupported)
        {
            ref ulong p = ref MemoryMarshal.GetReference(words);
            for (; done <= words.Length - Mersenne127Vector.Words; done += Mersenne127Vector.Words)
            {
                Mersenne127Vector.Fold(Mersenne127Vector.KeepBits(Vector512.LoadUnsafe(ref p, (nuint)done))).StoreUnsafe(ref p, (nuint)done);
            }
        }

        foreach (ref Mersenne127 element in Mersenne127.AsElements(words[done..]))
        {
            element = Mersenne127.Fold(element.Low, element.High & Mersenne127.HighMask);
        }
    }

    private static Span<Mersenne127> Elements(Span<ulong> words, int count, string name)
    {
        CheckCount(words.Length, count, name);
        return Mersenne127.AsElements(words);
    }

    private static ReadOnlySpan<Mersenne127> Elements(ReadOnlySpan<ulong> words, int count, string name)
    {
        CheckCount(words.Length, count, name);
        return Mersenne127.AsElements(words);
    }

    private static void CheckCount(int words, int count, string name)
    {
        if (words != (long)count * Mersenne127.WordCount)
        {
            throw new ArgumentException($"{words} words do not hold {count} elements of {Mersenne127.WordCount} words.", name);
        }
    }
}
