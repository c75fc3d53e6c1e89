using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Additive sharing among n parties: x is the sum of n shares modulo 2^64 (for packed bits: their XOR). All shares but the last are random and given as seeds;
/// any n - 1 of them say nothing about x.
/// </summary>
public static class AdditiveSharing
{
    /// <summary>Words masked at a time; even, so that the pieces equal one fill.</summary>
    private const int Block = 1024;

    /// <summary>Splits words into n - 1 fresh seeds and the words of the last share.</summary>
    /// <param name="secret">The words.</param>
    /// <param name="seeds">Where the seeds go: 16 bytes for each party but the last.</param>
    /// <param name="last">Where the last share goes; may be <paramref name="secret"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the seeds are no whole number of at least one.</exception>
    public static void Split(ReadOnlySpan<ulong> secret, Span<byte> seeds, Span<ulong> last) => Split(secret, seeds, last, bits: false);

    /// <summary>Splits packed bits into n - 1 fresh seeds and the words of the last XOR share.</summary>
    /// <inheritdoc cref="Split(ReadOnlySpan{ulong}, Span{byte}, Span{ulong})"/>
    public static void SplitBits(ReadOnlySpan<ulong> secret, Span<byte> seeds, Span<ulong> last) => Split(secret, seeds, last, bits: true);

    /// <summary>Takes the next run of a random share away from words: block by block splitting. Runs but the last have an even number of words.</summary>
    /// <param name="words">The words, from which the share is subtracted.</param>
    /// <param name="share">The generator of the share; see <see cref="ShareSeeds.Open"/>.</param>
    public static void Mask(Span<ulong> words, AesCtrPrg share)
    {
        ArgumentNullException.ThrowIfNull(share);
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < words.Length; start += Block)
        {
            Span<ulong> part = words.Slice(start, Math.Min(Block, words.Length - start));
            share.Fill(buffer[..part.Length]);
            RingKernels.SubtractInto<ulong>(part, buffer[..part.Length]);
        }

        buffer.Clear();
    }

    /// <summary>Takes the next run of a random XOR share away from packed bits.</summary>
    /// <inheritdoc cref="Mask"/>
    public static void MaskBits(Span<ulong> words, AesCtrPrg share)
    {
        ArgumentNullException.ThrowIfNull(share);
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < words.Length; start += Block)
        {
            Span<ulong> part = words.Slice(start, Math.Min(Block, words.Length - start));
            share.Fill(buffer[..part.Length]);
            RingKernels.Xor<ulong>(part, buffer[..part.Length], part);
        }

        buffer.Clear();
    }

    /// <summary>Adds one party's share to a sum that starts at zero; after all shares it is the secret.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Accumulate(Span<ulong> sum, ReadOnlySpan<ulong> share) => RingKernels.AddInto(sum, share);

    /// <summary>XORs one party's share of packed bits to a sum that starts at zero; after all shares it is the secret.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AccumulateBits(Span<ulong> sum, ReadOnlySpan<ulong> share) => RingKernels.Xor(sum, share, sum);

    private static void Split(ReadOnlySpan<ulong> secret, Span<byte> seeds, Span<ulong> last, bool bits)
    {
        if (secret.Length != last.Length)
        {
            throw new ArgumentException($"{secret.Length} words to split and room for {last.Length}.", nameof(last));
        }

        if (seeds.Length == 0 || seeds.Length % ShareSeeds.ByteCount != 0)
        {
            throw new ArgumentException($"{seeds.Length} bytes do not hold one or more seeds of {ShareSeeds.ByteCount}.", nameof(seeds));
        }

        ShareSeeds.Generate(seeds);
        secret.CopyTo(last);
        for (int at = 0; at < seeds.Length; at += ShareSeeds.ByteCount)
        {
            using AesCtrPrg share = ShareSeeds.Open(seeds.Slice(at, ShareSeeds.ByteCount));
            if (bits)
            {
                MaskBits(last, share);
            }
            else
            {
                Mask(last, share);
            }
        }
    }
}
