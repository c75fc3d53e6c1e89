using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Seeds that stand for shares: a share that is uniformly random is sent as 16 bytes and expanded by its receiver. Both ends expand with the same sequence of
/// fills; runs of an even number of words, cut anywhere between them, give the same words as one fill.
/// </summary>
public static class ShareSeeds
{
    /// <summary>The bytes of one seed.</summary>
    public const int ByteCount = AesCtrPrg.KeyByteCount;

    /// <summary>The domain under which seeds of shares are expanded.</summary>
    public const ulong Domain = 0x696D706F7274; // "import"

    private const int WordsPerBlock = AesCtrPrg.BlockByteCount / sizeof(ulong);

    /// <summary>Fills a span with fresh seeds from the system's generator. A seed serves one tensor, once.</summary>
    public static void Generate(Span<byte> seeds) => RandomNumberGenerator.Fill(seeds);

    /// <summary>The generator of the share that a seed stands for, at its beginning.</summary>
    /// <exception cref="ArgumentException">The seed does not have 16 bytes.</exception>
    public static AesCtrPrg Open(ReadOnlySpan<byte> seed) => new(seed, Domain);

    /// <summary>Writes the whole share that a seed stands for.</summary>
    /// <inheritdoc cref="Open"/>
    public static void Expand(ReadOnlySpan<byte> seed, Span<ulong> share) => Expand(seed, 0, share);

    /// <summary>Writes a run of the share that a seed stands for, without the words before it.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="start">The first word of the run.</param>
    /// <param name="share">The run.</param>
    /// <exception cref="ArgumentException">The seed does not have 16 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="start"/> is negative.</exception>
    public static void Expand(ReadOnlySpan<byte> seed, long start, Span<ulong> share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        using AesCtrPrg generator = Open(seed);
        generator.Position = (ulong)start / WordsPerBlock;
        if (start % WordsPerBlock != 0 && !share.IsEmpty)
        {
            // A block gives two words, and a fill begins at a block.
            Span<ulong> block = stackalloc ulong[WordsPerBlock];
            generator.Fill(block);
            share[0] = block[1];
            block.Clear();
            share = share[1..];
        }

        generator.Fill(share);
    }
}
