using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>a_i = F(key with next) - F(key with previous); the three a_i sum to zero, as do their XORs over bits. Several threads may add other parts of it at once.</summary>
internal readonly struct ZeroShare(MaskRange withNext, MaskRange withPrevious)
{
    /// <summary>Words drawn at a time, so that they stay in the first-level cache.</summary>
    private const int Block = 1024;

    /// <summary>Adds it to words, from its even place <paramref name="start"/> on.</summary>
    public void Add(long start, Span<ulong> words)
    {
        Span<ulong> mask = stackalloc ulong[Block];
        for (int at = 0; at < words.Length; at += Block)
        {
            Span<ulong> target = words.Slice(at, Math.Min(Block, words.Length - at));
            Span<ulong> part = mask[..target.Length];
            withNext.Fill(start + at, part);
            RingKernels.AddInto<ulong>(target, part);
            withPrevious.Fill(start + at, part);
            RingKernels.SubtractInto<ulong>(target, part);
        }
    }

    /// <summary>XORs it onto words of bits.</summary>
    public void Xor(long start, Span<ulong> words)
    {
        Span<ulong> mask = stackalloc ulong[Block];
        for (int at = 0; at < words.Length; at += Block)
        {
            Span<ulong> target = words.Slice(at, Math.Min(Block, words.Length - at));
            Span<ulong> part = mask[..target.Length];
            withNext.Fill(start + at, part);
            RingKernels.Xor<ulong>(target, part, target);
            withPrevious.Fill(start + at, part);
            RingKernels.Xor<ulong>(target, part, target);
        }
    }
}
