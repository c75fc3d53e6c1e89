using SecureTransformer.Numerics;
using SecureTransformer.Sharing;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Elements of a kept share.</summary>
internal static class KeptElements
{
    /// <summary>Reads a run of a share.</summary>
    /// <param name="source">The share.</param>
    /// <param name="seed">Whether it was kept as a seed.</param>
    /// <param name="start">The first element.</param>
    /// <param name="elements">Where they go.</param>
    /// <exception cref="InvalidDataException">The share is not what was kept.</exception>
    public static void Read(IShareReader source, bool seed, int start, Span<ulong> elements)
    {
        if (!seed)
        {
            KeptWords.Read(source, (long)start * Mersenne127.ByteCount, elements);
            if (!FieldKernels.IsCanonical(elements))
            {
                throw new InvalidDataException("A kept share is damaged: it is no element of the field.");
            }

            return;
        }

        Span<byte> kept = stackalloc byte[ShareSeeds.ByteCount];
        source.Read(0, kept);
        ShamirCodec.Expand(kept, start, elements);
        kept.Clear();
    }
}
